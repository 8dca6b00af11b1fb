/* model.h - a COM object with [out] parameters, as the rule wants it; comout and the walk
 * show it.
 *
 *     S_OK       each block is task memory (CoTaskMemAlloc), and from then on the caller's
 *     a failure  each [out] pointer is NULL, and what was allocated is freed: a caller, or a
 *                stub, frees nothing then
 */
#ifndef USER_MODEL_H
#define USER_MODEL_H

#include <windows.h>
#include <objbase.h>
#include <cstring>
extern "C" {
#include "sounding.h"
}

static const CLSID class_of_soundings = {
    0x6FA00001, 0, 0x4F75, {0xA7, 0xA7, 0x46, 0x61, 0x74, 0x68, 0x6F, 0x6D}};
static const WCHAR place[] = L"Challenger Deep";
static const ULONG depths[] = {5975, 5960, 5944, 5849};

static HRESULT STDMETHODCALLTYPE query(ISounding *self, REFIID, void **object)
{
    *object = self;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE keep(ISounding *)
{
    return 2;
}

static HRESULT STDMETHODCALLTYPE sound(ISounding *, LPOLESTR *text, SOUNDING **sounding,
                                       ULONG *fathoms)
{
    *text = (LPOLESTR)CoTaskMemAlloc(sizeof place);
    *sounding = (SOUNDING *)CoTaskMemAlloc(sizeof **sounding);
    ULONG *array = (ULONG *)CoTaskMemAlloc(sizeof depths);
    *fathoms = 0;
    if (!*text || !*sounding || !array) {
        CoTaskMemFree(array);
        CoTaskMemFree(*sounding);
        CoTaskMemFree(*text);
        *sounding = nullptr;
        *text = nullptr;
        return E_OUTOFMEMORY;
    }
    std::memcpy(*text, place, sizeof place);
    std::memcpy(array, depths, sizeof depths);
    **sounding = {GetCurrentProcessId(), 4, array};
    *fathoms = depths[0];
    return S_OK;
}

static const ISoundingVtbl sounding_table = {query, keep, keep, sound};
static ISounding the_sounding = {&sounding_table};

class factory final : public IClassFactory
{
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void **object) override
    {
        *object = this;
        return S_OK;
    }
    ULONG STDMETHODCALLTYPE AddRef() override
    {
        return 2;
    }
    ULONG STDMETHODCALLTYPE Release() override
    {
        return 1;
    }
    HRESULT STDMETHODCALLTYPE CreateInstance(IUnknown *, REFIID, void **object) override
    {
        *object = &the_sounding;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE LockServer(BOOL) override
    {
        return S_OK;
    }
};

#endif
