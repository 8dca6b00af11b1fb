/* pe.h - lay a PE image out at its address.  No firmware needed: tests/host checks it
 * too. */
#ifndef FATHOM_EFI_PE_H
#define FATHOM_EFI_PE_H

#include <stddef.h>
#include <stdint.h>

#define KERNEL_HALF 0x80000000u /* where the kernel sees physical address 0 */

typedef struct {
    uint32_t Base;  /* ImageBase as linked */
    uint32_t Size;  /* SizeOfImage, bytes, a multiple of 4096 */
    uint32_t Entry; /* physical, from the Multiboot header */
} PE_FACTS;

/* Check a whole file.  NULL: it is sound and *facts is filled; else what is wrong with
 * it. */
const char *PeCheck(const uint8_t *file, size_t size, PE_FACTS *facts);

/* Lay a checked file out at `to`, facts->Size bytes: headers, sections, zeroes between. */
void PeLayOut(const uint8_t *file, const PE_FACTS *facts, uint8_t *to);

#endif
