/* state.c - the heap at one moment: checkpoints, their difference, and what was leaked.
 *
 * A checkpoint is five counts and sizes by type of block, and the newest block of that
 * moment; since the list runs from new to old, "allocated since" is what comes before
 * it.  Lock: the layer's.
 */
#include "debug/debug.h"
#include <ctype.h>

static _CRT_DUMP_CLIENT dump_client;

_CRT_DUMP_CLIENT __cdecl _CrtSetDumpClient(_CRT_DUMP_CLIENT dump)
{
    return InterlockedExchangePointer((void **)&dump_client, dump);
}

_CRT_DUMP_CLIENT __cdecl _CrtGetDumpClient(void)
{
    return dump_client;
}

void __cdecl _CrtMemCheckpoint(_CrtMemState *state)
{
    if (state == NULL) {
        *_errno() = EINVAL;
        return;
    }
    memset(state, 0, sizeof(*state));
    debug_lock();
    state->pBlockHeader = (struct _CrtMemBlockHeader *)debug_newest;
    for (struct debug_block *at = debug_newest; at != NULL; at = at->next) {
        int type = _BLOCK_TYPE(at->use);
        if (type >= _MAX_BLOCKS) {
            debug_say(_CRT_WARN, "Bad memory block found at 0x%p.\n", at);
            continue;
        }
        state->lCounts[type]++;
        state->lSizes[type] += at->size;
    }
    state->lHighWaterCount = debug_totals.most;
    state->lTotalCount = debug_totals.ever;
    debug_unlock();
}

/* after - before; true if blocks of the program (the CRT's too, under CHECK_CRT) are more
 * or fewer. */
int __cdecl _CrtMemDifference(_CrtMemState *difference, const _CrtMemState *before,
                              const _CrtMemState *after)
{
    int differs = 0;
    if (difference == NULL || before == NULL || after == NULL) {
        *_errno() = EINVAL;
        return FALSE;
    }
    for (int type = 0; type < _MAX_BLOCKS; type++) {
        difference->lCounts[type] = after->lCounts[type] - before->lCounts[type];
        difference->lSizes[type] = after->lSizes[type] - before->lSizes[type];
        int counts = type != _FREE_BLOCK &&
                     (type != _CRT_BLOCK || (debug_flags & _CRTDBG_CHECK_CRT_DF));
        if (counts && (difference->lCounts[type] != 0 || difference->lSizes[type] != 0))
            differs = 1;
    }
    difference->lHighWaterCount = after->lHighWaterCount - before->lHighWaterCount;
    difference->lTotalCount = after->lTotalCount - before->lTotalCount;
    difference->pBlockHeader = NULL;
    return differs;
}

void __cdecl _CrtMemDumpStatistics(const _CrtMemState *state)
{
    if (state == NULL) {
        *_errno() = EINVAL;
        return;
    }
    for (int type = 0; type < _MAX_BLOCKS; type++)
        debug_say(_CRT_WARN, "%d bytes in %d %s Blocks.\n", (int)state->lSizes[type],
                  (int)state->lCounts[type], debug_type_name(type));
    debug_say(_CRT_WARN, "Largest number used: %d bytes.\n", (int)state->lHighWaterCount);
    debug_say(_CRT_WARN, "Total allocations: %d bytes.\n", (int)state->lTotalCount);
}

/* " Data: <abc> 61 62 63 ", at most sixteen bytes. */
static void dump_data(const struct debug_block *block)
{
    const unsigned char *data = debug_memory(block);
    char text[17], hex[16 * 3 + 1] = "";
    int count = block->size < 16 ? (int)block->size : 16;
    for (int i = 0; i < count; i++) {
        text[i] = isprint(data[i]) ? (char)data[i] : ' ';
        _snprintf(hex + 3 * i, 4, "%.2X ", data[i]);
    }
    text[count] = 0;
    debug_say(_CRT_WARN, " Data: <%s> %s\n", text, hex);
}

static void dump_block(const struct debug_block *block)
{
    char place[MAX_PATH + 20] = "", kind[48];
    int type = _BLOCK_TYPE(block->use);
    if (block->file != NULL && IsBadStringPtrA(block->file, MAX_PATH))
        _snprintf(place, sizeof(place) - 1, "#File Error#(%d) : ", block->line);
    else if (block->file != NULL)
        _snprintf(place, sizeof(place) - 1, "%s(%d) : ", block->file, block->line);
    if (type == _NORMAL_BLOCK)
        strcpy(kind, "normal block");
    else
        _snprintf(kind, sizeof(kind), "%s block", type == _CRT_BLOCK ? "crt" : "client");
    char subtype[24] = "";
    if (type != _NORMAL_BLOCK)
        _snprintf(subtype, sizeof(subtype), ", subtype %x", _BLOCK_SUBTYPE(block->use));
    debug_say(_CRT_WARN, "%s{%ld} %s at 0x%p%s, %u bytes long.\n", place, block->request,
              kind, debug_memory(block), subtype, (unsigned int)block->size);
    if (type == _CLIENT_BLOCK && dump_client != NULL)
        dump_client(debug_memory(block), block->size);
    else
        dump_data(block);
}

/* Every block of the program allocated since `state` was taken (null: ever). */
void __cdecl _CrtMemDumpAllObjectsSince(const _CrtMemState *state)
{
    debug_lock();
    const void *until = state != NULL ? state->pBlockHeader : NULL;
    debug_say(_CRT_WARN, "Dumping objects ->\n");
    for (struct debug_block *at = debug_newest; at != NULL && at != until;
         at = at->next) {
        int type = _BLOCK_TYPE(at->use);
        if (type == _NORMAL_BLOCK || type == _CLIENT_BLOCK ||
            (type == _CRT_BLOCK && (debug_flags & _CRTDBG_CHECK_CRT_DF)))
            dump_block(at);
    }
    debug_say(_CRT_WARN, "Object dump complete.\n");
    debug_unlock();
}

/* True if blocks of the program are still there, and then all of them are shown. */
int __cdecl _CrtDumpMemoryLeaks(void)
{
    _CrtMemState now;
    _CrtMemCheckpoint(&now);
    if (now.lCounts[_CLIENT_BLOCK] == 0 && now.lCounts[_NORMAL_BLOCK] == 0 &&
        !((debug_flags & _CRTDBG_CHECK_CRT_DF) && now.lCounts[_CRT_BLOCK] != 0))
        return FALSE;
    debug_say(_CRT_WARN, "Detected memory leaks!\n");
    _CrtMemDumpAllObjectsSince(NULL);
    return TRUE;
}

void __cdecl _CrtDoForAllClientObjects(_CrtDoForAllClientObjects_visit visit,
                                       void *context)
{
    debug_lock();
    for (struct debug_block *at = debug_newest, *next; at != NULL; at = next) {
        next = at->next;
        if (_BLOCK_TYPE(at->use) == _CLIENT_BLOCK)
            visit(debug_memory(at), context);
    }
    debug_unlock();
}

/* The end of the program, after its exit functions: once. */
void debug_end(void)
{
    static int told;
    if (!told && (debug_flags & _CRTDBG_LEAK_CHECK_DF)) {
        told = 1;
        _CrtDumpMemoryLeaks();
    }
}

/* For mingw's start-up code, which copies argv by malloc and never gives it back: what
 * was taken before the program's own first constructor is the runtime's. */
void __cdecl fathom_debug_begin(void)
{
    debug_lock();
    for (struct debug_block *at = debug_newest; at != NULL; at = at->next)
        if (at->use == _NORMAL_BLOCK)
            at->use = _CRT_BLOCK;
    debug_unlock();
}
