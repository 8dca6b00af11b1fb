/* rtl.h - what needs no kernel: text formatting, lists, memory. */
#ifndef FATHOM_RTL_H
#define FATHOM_RTL_H

#include <stdarg.h>
#include "ntos.h"

/* printf's engine: %[-0][width][.precision][h|l|ll|I64|w|z] with d i u x X p c s S % ; %wZ is a
 * UNICODE_STRING *, %ls and %S a WCHAR *.  put() gets the text in pieces.  Returns the length. */
ULONG RtlFormat(void (*put)(void *context, const char *text, ULONG length), void *context,
                const char *format, va_list arguments);
/* Into a buffer, always NUL-ended when size > 0; returns the length that there would be. */
ULONG RtlPrint(char *buffer, SIZE_T size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

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

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);

#endif
