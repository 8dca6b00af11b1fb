/* iop.h - what the files of io share: nodes of the tree of files, and open files.
 *
 *   handle -> IOFILE (position, options) -> IONODE (name, contents) -> MMFILE (for
 * sections)
 *                  \-> console | host stream | pipe | nothing
 */
#ifndef FATHOM_IOP_H
#define FATHOM_IOP_H

#include "io/io.h"
#include "observe/observe.h"
#include "fathom.h"
#include "rtl/avl.h"
#include "rtl/format.h"
#include "rtl/rtl.h"

#define IO_TAG    OB_TAG('I', 'o', ' ', ' ')
#define IOP_CHUNK 0x4000u /* bytes of one piece of a written file */

/* One of the names of a folder's files, or of the pipes. */
typedef struct {
    RTL_AVL_NODE Links; /* first */
    WCHAR *Text;
    ULONG Length; /* characters */
} IOPNAME;

typedef struct _IONODE {
    MMFILE File; /* first; Data: its archive bytes while not written to */
    struct _IONODE *Parent;
    IOPNAME Name;        /* in Parent->Names as long as in Siblings; NUL-ended */
    RTL_AVL_TREE Names;  /* of the Children */
    LIST_ENTRY Siblings; /* in Parent->Children, Id ascending; self-linked: deleted */
    LIST_ENTRY Children;
    LIST_ENTRY Nodes; /* in IopNodes: every node, in the order they were made */
    struct {          /* where IoResetFiles puts it back; Parent NULL: made since boot */
        struct _IONODE *Parent;
        WCHAR *Name;
        ULONG NameLength, Id, Attributes;
        LONGLONG Time;
    } Home;
    char NarrowName[32];
    ULONG Id;
    LONG References; /* open files, sections; a node in the tree lives without any */
    BOOLEAN Directory, DeletePending;
    ULONG Attributes;
    LONGLONG CreationTime, WriteTime; /* 100 ns since 1601 */
    const UCHAR *Archive;             /* what it was at boot; NULL: made since */
    ULONGLONG ArchiveSize;
    UCHAR **Chunks; /* once written: pieces of IOP_CHUNK, or NULL holes */
    ULONG ChunkCount;
    LIST_ENTRY Locks; /* lock.c */
    ULONG LockCount;
    ULONG Handles; /* files that are open; all but the ones for attributes alone share: */
    ULONG Opens, Readers, Writers, Deleters, SharedRead, SharedWrite, SharedDelete;
} IONODE;

/* Is there a section of the file, or a view? */
static inline BOOLEAN IopIsMapped(const IONODE *node)
{
    return node->File.ImageControl != NULL || node->File.DataControl != NULL;
}

typedef enum { IopDisk, IopConsole, IopHost, IopNull, IopPipe } IOPKIND;

struct _IOPIPE;
typedef struct _IOFILE {
    KEVENT Event; /* signalled when an operation is complete */
    IOPKIND Kind;
    IONODE *Node;
    ACCESS_MASK Access; /* for sharing */
    ULONG Share, Options;
    BOOLEAN Counted, DeleteOnClose;
    LONGLONG Position;
    ULONG Stream, HostIndex; /* console and host: 0 in, 1 out, 2 err */
    ULONG LastId;            /* directory: the entry that was given last */
    ULONG DotEntries;        /* 0, 1, 2 of "." and ".." given */
    WCHAR *Pattern;          /* directory: of the first query */
    struct _IOPIPE *Pipe;    /* pipe.h; NULL with IopPipe: the folder of their names */
    ULONG PipeEnd, ReadMode, CompletionMode;
} IOFILE;

/* ---- archive.c ---- */
void IopLoadArchive(const UCHAR *, SIZE_T size);

/* ---- tree.c ---- */
extern IONODE *IopRoot;
extern LIST_ENTRY IopNodes;
extern ULONG IopLastId; /* of the node made or moved last */
/* In any case of letters, in steps that the number of names hardly changes; NULL: not there. */
IOPNAME *IopFindName(const RTL_AVL_TREE *, const WCHAR *text, ULONG length);
void IopAddName(RTL_AVL_TREE *, IOPNAME *);
IONODE *IopFindChild(const IONODE *directory, const WCHAR *name, ULONG length);
/* A new node; STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS IopMakeNode(IONODE *parent, const WCHAR *name, ULONG length, BOOLEAN directory,
                     IONODE **);
void IopReferenceNode(IONODE *);
void IopDereferenceNode(IONODE *);
void IopUnlink(IONODE *);   /* out of the tree; gone with its last reference */
void IopFreeNode(IONODE *); /* it has no references and is out of the tree */
void IopUseName(IONODE *, WCHAR *pool, ULONG length); /* the node's from now on */
/* Into the tree, after all children of parent; NULL: the root. */
void IopLink(IONODE *, IONODE *parent, ULONG id);
NTSTATUS IopRename(IONODE *, IONODE *parent, const WCHAR *name, ULONG length);
WCHAR IopUpcase(WCHAR);

/* ---- contents.c ---- */
NTSTATUS IopReadNode(IONODE *, ULONGLONG offset, void *to, ULONG length, BOOLEAN user);
NTSTATUS IopWriteNode(IONODE *, ULONGLONG offset, const void *from, ULONG length,
                      BOOLEAN user);
NTSTATUS IopSetSize(IONODE *, ULONGLONG size);
void IopDropContents(IONODE *); /* what was written; back to the archive's bytes */
void IopSetOperations(IONODE *);

/* ---- path.c ---- */
typedef struct {
    IOPKIND Kind;
    ULONG Stream;          /* console: 0 CONIN$, 1 CONOUT$ */
    IONODE *Parent, *Node; /* Node NULL: Parent has no such child */
    const WCHAR *Last;     /* the last component, in the path given */
    ULONG LastLength;
    BOOLEAN TrailingSlash;
} IOPPATH;
/* STATUS_OBJECT_PATH_NOT_FOUND (a folder on the way), STATUS_OBJECT_NAME_INVALID,
 * STATUS_OBJECT_PATH_SYNTAX_BAD. A name that does not exist is no error here. */
NTSTATUS IopParsePath(const WCHAR *path, IONODE *root, IOPPATH *);
BOOLEAN IopValidName(const WCHAR *name, ULONG length);
/* A RootDirectory; *root: NULL, without a handle.  STATUS_OBJECT_TYPE_MISMATCH: a device, and
 * *root is referenced nevertheless. */
NTSTATUS IopReferenceRoot(HANDLE, IOFILE **root);
/* ObjectAttributes: with RootDirectory. *name is pool, to be freed, when it succeeds. */
NTSTATUS IopParseAttributes(POBJECT_ATTRIBUTES user, IOPPATH *, ULONG *attributes,
                            WCHAR **name);

/* ---- pattern.c ---- */
#define IO_LONGEST_NAME 255u /* characters between two backslashes */
BOOLEAN IopMatches(const WCHAR *pattern, const WCHAR *name);

/* ---- file.c ---- */
NTSTATUS IopCreateFileObject(IOPKIND, IOFILE **);
NTSTATUS IopReferenceFile(HANDLE, ACCESS_MASK, IOFILE **);
NTSTATUS IopReturnIosb(IO_STATUS_BLOCK *user, NTSTATUS, ULONG information);
typedef struct { /* of NtCreateNamedPipeFile */
    ULONG Message, ReadMode, CompletionMode, Maximum;
    ULONG Quota[2]; /* bytes, by the end that reads */
    LARGE_INTEGER Timeout;
} IOPSERVER;
typedef struct {
    ACCESS_MASK Access;
    ULONG Attributes, Share, Disposition, Options;
    const IOPSERVER *Server; /* NULL: a file, a device, or a client's end of a pipe */
} IOPREQUEST;
/* A name to a handle: how NtCreateFile and its kin end. */
NTSTATUS IopOpenByName(HANDLE *userHandle, IOPREQUEST *, POBJECT_ATTRIBUTES user,
                       IO_STATUS_BLOCK *userIosb);

/* ---- lock.c ---- */
typedef struct _IOPLOCK {
    LIST_ENTRY Links; /* IONODE.Locks */
    const IOFILE *File;
    const MMSPACE *Space;    /* of the process */
    ULONGLONG First, Length; /* bytes */
    ULONG Key;
    BOOLEAN Write, Exclusive; /* what it is to keep out: a lock has both or none */
} IOPLOCK;
/* STATUS_FILE_LOCK_CONFLICT: a lock keeps the caller out of these bytes. */
NTSTATUS IopCheckLocks(const IOFILE *, ULONGLONG first, ULONGLONG length, BOOLEAN write);
/* STATUS_LOCK_NOT_GRANTED; STATUS_THREAD_IS_TERMINATING: it waited, and the thread ends. */
NTSTATUS IopTakeLock(const IOPLOCK *, BOOLEAN immediately);
/* All of the file object's, or the first like one; FALSE: there was none. */
BOOLEAN IopDropLocks(const IOFILE *, const IOPLOCK *one);

/* ---- fileinfo.c ---- node NULL: a device */
#define IOP_SETTABLE                                                                     \
    (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM |           \
     FILE_ATTRIBUTE_ARCHIVE)
#define IOP_TIMES (4 * sizeof(LARGE_INTEGER)) /* the same four, wherever times stand */
void IopFillBasic(const IONODE *, FILE_BASIC_INFORMATION *);
void IopFillNetwork(const IONODE *, FILE_NETWORK_OPEN_INFORMATION *);

/* ---- readwrite.c ---- */
typedef struct {
    IOFILE *File;
    KEVENT *Event; /* the caller's, or NULL */
    PVOID Apc, ApcContext;
    IO_STATUS_BLOCK *UserIosb;
} IOPERATION;
/* File is referenced; probed: what the caller found of its buffers.  On a failure, which may be
 * probed itself, nothing is held. */
NTSTATUS IopBegin(IOPERATION *, NTSTATUS probed, HANDLE event, PVOID apc,
                  PVOID apcContext, IO_STATUS_BLOCK *userIosb);
/* done: bytes.  Returns what the service does; nothing is held any more. */
NTSTATUS IopComplete(IOPERATION *, NTSTATUS, ULONG done);

/* ---- the kinds ---- user buffers; *done bytes */
typedef struct {
    const UCHAR *In;
    UCHAR *Out;
    ULONG InLength, OutLength;
} IOPBUFFERS;
NTSTATUS IopConsoleRead(void *buffer, ULONG length, ULONG *done, BOOLEAN raw);
NTSTATUS IopConsoleWrite(const void *buffer, ULONG length, ULONG *done);
NTSTATUS IopHostRead(IOFILE *, void *buffer, ULONG length, ULONG *done);
NTSTATUS IopHostWrite(IOFILE *, const void *buffer, ULONG length, ULONG *done);
NTSTATUS IopPipeRead(IOFILE *, void *buffer, ULONG length, ULONG *done);
NTSTATUS IopPipeWrite(IOFILE *, const void *buffer, ULONG length, ULONG *done);
NTSTATUS IopFlushPipe(IOFILE *);
NTSTATUS IopPipeControl(IOFILE *, ULONG code, const IOPBUFFERS *, ULONG *done);
void IopPipeClose(IOFILE *);
void IopPipeDelete(IOFILE *);
/* An end of a pipe: the server's of a new instance, or a client's, whose name may be empty.
 * STATUS_OBJECT_NAME_NOT_FOUND; STATUS_ACCESS_DENIED: not such an instance, or not the first;
 * STATUS_INSTANCE_NOT_AVAILABLE: there are as many as there may be; STATUS_PIPE_NOT_AVAILABLE: no
 * instance listens; STATUS_NOT_SUPPORTED: asynchronous. */
NTSTATUS IopOpenPipe(const IOPPATH *, const IOPREQUEST *, IOFILE **, ULONG *information);
void IopFillPipe(const IOFILE *, FILE_PIPE_LOCAL_INFORMATION *);
NTSTATUS IopSetPipe(IOFILE *, const FILE_PIPE_INFORMATION *);
NTSTATUS IopConsoleControl(IOFILE *, ULONG code, const IOPBUFFERS *, ULONG *done);

/* ---- framebuffer.c ---- */
/* FALSE: there is none that can be drawn on; what is wrong with one has been said. */
BOOLEAN IopOpenFramebuffer(const MULTIBOOT_INFO *, ULONG *columns, ULONG *rows);
/* colour: foreground | background << 4, VGA's numbers */
void IopMixVga(void); /* the sixteen colours, where VGA draws itself */
void IopDrawCharacter(ULONG row, ULONG column, UCHAR character, UCHAR colour);

/* ---- localapic.c ---- */
/* FALSE: none is on.  Afterwards it passes on the PIC's interrupts and NMI, no other. */
BOOLEAN IopTakeLocalApic(void);
/* What its timer has counted since the first call; it ends at 2^32 - 1. */
ULONG IopApicCount(void);
void IopStartApicTimer(ULONG count); /* line 0 comes each time it has counted so far */

/* ---- cmos.c ---- */
UCHAR IopReadCmos(UCHAR index); /* FFh where there is no battery clock */
void IopWriteCmos(UCHAR index, UCHAR value);
/* 100 ns since 1601 of seconds, minutes, hours, day, month and year as the registers have
 * them; 0: they are no date.  statusB: register B. */
ULONGLONG IopTimeOfCmos(const UCHAR raw[6], UCHAR statusB);

/* ---- screen.c, keyboard.c ---- */
void IopScreenWrite(const char *, ULONG);
void IopScreenLook(LONG up); /* screens up, or down; 0: back to the cursor */
void IopScreenSize(ULONG *columns, ULONG *rows); /* 80x25 without a screen */
void IopInitializeKeyboard(void);
int IopReadKey(void);              /* a byte typed at the keyboard or on COM1, or -1 */
BOOLEAN IopTakeInterruption(void); /* was Ctrl-C or Ctrl-Break typed since the last? */
BOOLEAN IopInputIsProcessed(void); /* console.c: Ctrl-C is no character */
void IopResetConsole(void); /* console.c: its modes as at boot, no line half read */

#endif
