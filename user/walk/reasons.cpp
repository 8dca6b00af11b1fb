/* reasons.cpp - why each function of the path is there: what its layer is for.
 *
 * These sentences are no evidence.  They say what a layer is for, never that it was there:
 * a function is shown because it was captured.
 */
#include "steps.h"
#include <cstring>

static const struct {
    const char *module, *function, *why;
} reasons[] = {
    {"", "operator new", "C++ has no memory of its own: libstdc++ asks the C runtime."},
    {"", "Cargo::Cargo", "The constructor is the first to use the memory that new got."},
    {"", "first_touch", "The program uses its block: it writes one byte in the middle."},
    {"", "operator delete", "C++ gives back to the C runtime what it got there."},
    {"msvcrt", "malloc", "The C runtime has one heap of its own, and asks that."},
    {"cw3220", "malloc", "This runtime takes pages itself and cuts them up: no NT heap."},
    {"ole32", "IMalloc_Alloc", "IMalloc is COM's allocator as an object."},
    {"ole32", "CoTaskMemAlloc",
     "Task memory is of the default heap, so that another module can free it."},
    {"kernel32", "GlobalAlloc",
     "A name of 16-bit Windows: today a block of the default heap, not shared."},
    {"kernel32", "LocalAlloc",
     "A name of 16-bit Windows: today a block of the default heap."},
    {"kernel32", "VirtualAlloc", "A program asks here for pages, not for blocks."},
    {"kernel32", "VirtualAllocEx", "The same for any process; FFFFFFFF is this one."},
    {"ntdll", "RtlAllocateHeap",
     "This is HeapAlloc: kernel32 forwards the name, so no frame of it exists."},
    {"ntdll", "RtlpAllocateHeap", "The long way of an allocation takes the heap's lock."},
    {"ntdll", "RtlpAllocateAny",
     "The size decides: front end, free lists, or pages alone."},
    {"ntdll", "RtlpAllocateBlock",
     "The back end looks for a free block that is large enough."},
    {"ntdll", "RtlpExtendHeap", "No free block is large enough: the heap has to grow."},
    {"ntdll", "RtlpAddSegment",
     "No segment has room: the heap reserves a new range of addresses."},
    {"ntdll", "RtlpCommitUcr",
     "After the last block the segment has pages that are only reserved."},
    {"ntdll", "RtlpCommitPages", "Pages that a segment has reserved are to be usable."},
    {"ntdll", "RtlpCommit", "The heap's one door to the system for more memory."},
    {"ntdll", "NtAllocateVirtualMemory",
     "The stub puts the service's number into EAX: the kernel has a table of services."},
    {"ntdll", "KiFastSystemCall",
     "A program cannot call the kernel: an instruction enters it."},
    {"ntdll", "KiIntSystemCall", "A processor without sysenter enters by an interrupt."},
    {"nt", "KiFastCallEntry", "The kernel saves the caller and looks the number up."},
    {"nt", "KiSystemService", "The kernel saves the caller and looks the number up."},
    {"nt", "NtAllocateVirtualMemory",
     "The memory manager checks each argument of the program."},
    {"nt", "MiAllocate",
     "The region's pages are promised and charged; none is taken yet."},
    {"nt", "KiTrap0E",
     "The processor could not go on: it entered the kernel by trap 0Eh."},
    {"nt", "KiPageFault", "The trap becomes a question for the memory manager."},
    {"nt", "MmAccessFault", "Is the address of a region, and was this page promised?"},
    {"nt", "PageAlloc",
     "It was promised: here is the one place that gives physical pages."},
    {"ntdll", "RtlFreeHeap", "This is HeapFree, by the same kind of forwarder."},
};

const char *reason_of(const std::string &module, const std::string &function)
{
    for (const auto &reason : reasons)
        if (function == reason.function && same_module(module, reason.module))
            return reason.why;
    return module == "walk" ? "The program's own function: it wants memory."
                            : "A part of the layer above it.";
}
