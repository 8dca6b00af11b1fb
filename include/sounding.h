/* sounding.h - ISounding, the interface by which comout shows the rule for [out]
 * parameters.
 *
 *     [object, uuid(6fa0...01)]
 *     interface ISounding : IUnknown
 *     {
 *         HRESULT Sound([out] LPOLESTR *Place, [out] SOUNDING **Sounding,
 *                       [out] ULONG *Fathoms);
 *     }
 *
 * Place, the structure and the array that the structure points at are task memory, which
 * the caller frees with CoTaskMemFree; Fathoms is a scalar and needs none.  If the method
 * fails all three are null, and there is nothing to free.
 * In Windows such an interface has a proxy DLL made by MIDL; here ole32 knows it.
 */
#ifndef FATHOM_SOUNDING_H
#define FATHOM_SOUNDING_H

typedef struct SOUNDING {
    ULONG ProcessId; /* in which it was taken */
    ULONG Count;
    ULONG *Depths; /* [size_is(Count)] */
} SOUNDING;

typedef struct ISounding ISounding;
typedef struct ISoundingVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(ISounding *, REFIID, void **);
    ULONG(STDMETHODCALLTYPE *AddRef)(ISounding *);
    ULONG(STDMETHODCALLTYPE *Release)(ISounding *);
    HRESULT(STDMETHODCALLTYPE *Sound)
    (ISounding *, LPOLESTR *Place, SOUNDING **Sounding, ULONG *Fathoms);
} ISoundingVtbl;
struct ISounding {
    const ISoundingVtbl *lpVtbl;
};

/* {6FA00000-0000-4F75-A7A7-466174686F6D} */
static const IID IID_ISounding = {
    0x6FA00000, 0, 0x4F75, {0xA7, 0xA7, 0x46, 0x61, 0x74, 0x68, 0x6F, 0x6D}};

#endif
