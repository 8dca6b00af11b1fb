/* rtl.h - what needs no kernel: text formatting, lists, memory. */
#ifndef FATHOM_RTL_H
#define FATHOM_RTL_H

#include <stdarg.h>
#include "ntos.h"
#include "rtl/format.h"

static inline void InitializeListHead(LIST_ENTRY *head)
{
    head->Flink = head->Blink = head;
}
static inline BOOLEAN IsListEmpty(const LIST_ENTRY *head)
{
    return head->Flink == head;
}
static inline void InsertTailList(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    entry->Flink = head;
    entry->Blink = head->Blink;
    head->Blink->Flink = entry;
    head->Blink = entry;
}
static inline void InsertHeadList(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    entry->Blink = head;
    entry->Flink = head->Flink;
    head->Flink->Blink = entry;
    head->Flink = entry;
}
static inline void RemoveEntryList(LIST_ENTRY *entry)
{
    entry->Flink->Blink = entry->Blink;
    entry->Blink->Flink = entry->Flink;
    entry->Flink = entry->Blink = entry;
}
static inline LIST_ENTRY *RemoveHeadList(LIST_ENTRY *head)
{
    LIST_ENTRY *first = head->Flink;
    RemoveEntryList(first);
    return first;
}

/* Every T of a list, whose LIST_ENTRY is Field; none may leave the list meanwhile. */
#define LIST_EACH(T, each, head, Field)                                                  \
    for (T *each = CONTAINING_RECORD((head)->Flink, T, Field); &each->Field != (head);   \
         each = CONTAINING_RECORD(each->Field.Flink, T, Field))

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);

#endif
