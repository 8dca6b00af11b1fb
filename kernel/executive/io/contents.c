/* contents.c - a file's bytes: the archive's until the first write, then pieces of pool.
 *
 *   Chunks -> [ piece 0 | NULL (a hole: zeros) | piece 2 | ... ]     IOP_CHUNK bytes each
 *
 * All written files together hold at most IopLimit bytes: a program cannot eat the
 * kernel's memory by writing, it gets STATUS_DISK_FULL.
 */
#include "iop.h"

static ULONG IopUsed;                                 /* pieces in all files */
static const ULONG IopLimit = 0x4000000u / IOP_CHUNK; /* 64 MiB of pieces */

static NTSTATUS IopGrowChunks(IONODE *node, ULONG count)
{
    if (count <= node->ChunkCount)
        return STATUS_SUCCESS;
    ULONG room = node->ChunkCount * 2 > count ? node->ChunkCount * 2 : count;
    if (room > IopLimit)
        room = count;
    if (count > IopLimit)
        return STATUS_DISK_FULL;
    UCHAR **chunks = ExAllocatePool(room * sizeof *chunks, IO_TAG);
    if (chunks == NULL)
        return STATUS_DISK_FULL;
    if (node->Chunks != NULL) {
        memcpy(chunks, node->Chunks, node->ChunkCount * sizeof *chunks);
        ExFreePool(node->Chunks);
    }
    node->Chunks = chunks;
    node->ChunkCount = room;
    return STATUS_SUCCESS;
}

static NTSTATUS IopNeedChunk(IONODE *node, ULONG index)
{
    NTSTATUS status = IopGrowChunks(node, index + 1);
    if (!NT_SUCCESS(status) || node->Chunks[index] != NULL)
        return status;
    if (IopUsed >= IopLimit)
        return STATUS_DISK_FULL;
    node->Chunks[index] = ExAllocatePool(IOP_CHUNK, IO_TAG);
    if (node->Chunks[index] == NULL)
        return STATUS_DISK_FULL;
    IopUsed++;
    return STATUS_SUCCESS;
}

/* user: is it the program's memory that is written or read? */
static NTSTATUS IopCopy(void *to, const void *from, ULONG length, BOOLEAN user,
                        BOOLEAN in)
{
    if (user)
        return in ? MmCopyFromUser(to, from, length) : MmCopyToUser(to, from, length);
    memcpy(to, from, length);
    return STATUS_SUCCESS;
}

static NTSTATUS IopWriteChunks(IONODE *node, ULONGLONG offset, const UCHAR *from,
                               ULONG length, BOOLEAN user)
{
    while (length > 0) {
        ULONG index = offset / IOP_CHUNK, at = offset % IOP_CHUNK;
        ULONG part = IOP_CHUNK - at < length ? IOP_CHUNK - at : length;
        NTSTATUS status = IopNeedChunk(node, index);
        if (NT_SUCCESS(status))
            status = IopCopy(node->Chunks[index] + at, from, part, user, TRUE);
        if (!NT_SUCCESS(status))
            return status;
        offset += part;
        from += part;
        length -= part;
        if (offset > node->File.Size)
            node->File.Size = offset;
    }
    return STATUS_SUCCESS;
}

/* The archive's bytes are not ours to change: the first write copies them. */
static NTSTATUS IopMakeWritable(IONODE *node)
{
    const UCHAR *data = node->File.Data;
    ULONG size = node->File.Size;
    if (data == NULL)
        return STATUS_SUCCESS;
    node->File.Data = NULL;
    node->File.Size = 0;
    NTSTATUS status = IopWriteChunks(node, 0, data, size, FALSE);
    if (!NT_SUCCESS(status))
        IopDropContents(node);
    return status;
}

NTSTATUS IopWriteNode(IONODE *node, ULONGLONG offset, const void *from, ULONG length,
                      BOOLEAN user)
{
    if (offset + length > (ULONGLONG)IopLimit * IOP_CHUNK)
        return STATUS_DISK_FULL;
    NTSTATUS status = IopMakeWritable(node);
    if (NT_SUCCESS(status))
        status = IopWriteChunks(node, offset, from, length, user);
    node->WriteTime = KeQuerySystemTime();
    return status;
}

NTSTATUS IopReadNode(IONODE *node, ULONGLONG offset, void *to, ULONG length, BOOLEAN user)
{
    static const UCHAR zeros[512];
    UCHAR *out = to;
    ASSERT(offset + length <= node->File.Size);
    if (node->File.Data != NULL)
        return IopCopy(to, node->File.Data + offset, length, user, FALSE);
    while (length > 0) {
        ULONG index = offset / IOP_CHUNK, at = offset % IOP_CHUNK;
        ULONG part = IOP_CHUNK - at < length ? IOP_CHUNK - at : length;
        const UCHAR *from = index < node->ChunkCount ? node->Chunks[index] : NULL;
        if (from == NULL && part > sizeof zeros)
            part = sizeof zeros;
        NTSTATUS status =
            IopCopy(out, from != NULL ? from + at : zeros, part, user, FALSE);
        if (!NT_SUCCESS(status))
            return status;
        offset += part;
        out += part;
        length -= part;
    }
    return STATUS_SUCCESS;
}

static void IopFreeChunks(IONODE *node, ULONG first)
{
    for (ULONG i = first; i < node->ChunkCount; i++)
        if (node->Chunks[i] != NULL) {
            ExFreePool(node->Chunks[i]);
            node->Chunks[i] = NULL;
            IopUsed--;
        }
}

NTSTATUS IopSetSize(IONODE *node, ULONGLONG size)
{
    if (size < node->File.Size && IopIsMapped(node))
        return STATUS_USER_MAPPED_FILE;
    if (size > (ULONGLONG)IopLimit * IOP_CHUNK)
        return STATUS_DISK_FULL;
    if (size == 0) { /* nothing of the archive's is needed */
        IopFreeChunks(node, 0);
        node->File.Data = NULL;
    }
    NTSTATUS status = IopMakeWritable(node);
    if (!NT_SUCCESS(status))
        return status;
    if (size < node->File.Size) {
        ULONG index = size / IOP_CHUNK, at = size % IOP_CHUNK;
        IopFreeChunks(node, index + (at != 0));
        if (at != 0 && index < node->ChunkCount && node->Chunks[index] != NULL)
            memset(node->Chunks[index] + at, 0, IOP_CHUNK - at); /* it may grow again */
    }
    node->File.Size = size;
    node->WriteTime = KeQuerySystemTime();
    return STATUS_SUCCESS;
}

void IopDropContents(IONODE *node)
{
    IopFreeChunks(node, 0);
    if (node->Chunks != NULL)
        ExFreePool(node->Chunks);
    node->Chunks = NULL;
    node->ChunkCount = 0;
    node->File.Data = node->Archive;
    node->File.Size = node->ArchiveSize;
}

/* ---- as mm sees a file ---- */

static NTSTATUS IopFileRead(MMFILE *file, ULONGLONG offset, void *buffer, ULONG length)
{
    if (offset >= file->Size)
        return STATUS_SUCCESS;
    if (length > file->Size - offset)
        length = file->Size - offset;
    return IopReadNode((IONODE *)file, offset, buffer, length, FALSE);
}

static NTSTATUS IopFileWrite(MMFILE *file, ULONGLONG offset, const void *buffer,
                             ULONG length)
{
    return IopWriteNode((IONODE *)file, offset, buffer, length, FALSE);
}

static NTSTATUS IopFileSetSize(MMFILE *file, ULONGLONG size)
{
    return IopSetSize((IONODE *)file, size);
}

static void IopFileReference(MMFILE *file)
{
    IopReferenceNode((IONODE *)file);
}

static void IopFileDereference(MMFILE *file)
{
    IopDereferenceNode((IONODE *)file);
}

void IopSetOperations(IONODE *node)
{
    node->File.Read = IopFileRead;
    node->File.Write = IopFileWrite;
    node->File.SetSize = IopFileSetSize;
    node->File.Reference = IopFileReference;
    node->File.Dereference = IopFileDereference;
}
