/* comserved.h - the class that the side serves: one method with [out] parameters, and its factory.
 *
 * `story` says what the method does: it fills them, fails after the first, or returns large ones.
 * Part of comops.h, for the side; the IIDs are comspy.h's.
 */
#ifndef COMSERVED_H
#define COMSERVED_H

static const CLSID served = {0x6FA00088, 0, 0x4F75, {8, 8, 8, 8, 8, 8, 8, 8}};
static unsigned story;

static HRESULT STDMETHODCALLTYPE o_query(ISounding *self, REFIID iid, void **object)
{
    (void)iid;
    *object = self;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE o_keep(ISounding *self)
{
    (void)self;
    return 2;
}

static HRESULT STDMETHODCALLTYPE o_sound(ISounding *self, LPOLESTR *place,
                                         SOUNDING **sounding, ULONG *fathoms)
{
    const unsigned entries = story == EMPTY ? 0 : story == LARGE ? 20000 : 5;
    (void)self;
    if (story == FAILS)
        return E_ACCESSDENIED;
    *place = ole.alloc(9 * sizeof(WCHAR));
    *sounding = ole.alloc(sizeof **sounding);
    if (*place == NULL || *sounding == NULL)
        return E_OUTOFMEMORY;
    wcscpy(*place, L"Marianas");
    (*sounding)->ProcessId = GetCurrentProcessId();
    (*sounding)->Count = entries;
    (*sounding)->Depths = entries ? ole.alloc(entries * sizeof(ULONG)) : NULL;
    for (unsigned i = 0; i < entries; i++)
        (*sounding)->Depths[i] = depths[i % 5];
    *fathoms = 5966;
    return S_OK;
}

static const ISoundingVtbl object_table = {o_query, o_keep, o_keep, o_sound};
static ISounding object = {&object_table};

static HRESULT STDMETHODCALLTYPE f_query(IClassFactory *self, REFIID iid, void **out)
{
    (void)iid;
    *out = self;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE f_keep(IClassFactory *self)
{
    (void)self;
    return 2;
}

static HRESULT STDMETHODCALLTYPE f_make(IClassFactory *self, IUnknown *outer, REFIID iid,
                                        void **out)
{
    (void)self;
    (void)outer;
    return o_query(&object, iid, out);
}

static HRESULT STDMETHODCALLTYPE f_lock(IClassFactory *self, BOOL lock)
{
    (void)self;
    (void)lock;
    return S_OK;
}

static IClassFactoryVtbl factory_table = {f_query, f_keep, f_keep, f_make, f_lock};
static IClassFactory factory = {&factory_table};
static ISounding *proxy;

/* Out parameters begin as 1: a method that fails must have made them null. */
static void sound(ANSWER *to)
{
    LPOLESTR place = (LPOLESTR)1;
    SOUNDING *sounding = (SOUNDING *)1;
    ULONG fathoms = 1;
    to->r = (unsigned)proxy->lpVtbl->Sound(proxy, &place, &sounding, &fathoms);
    to->x = (unsigned)place;
    to->y = (unsigned)sounding;
    to->z = fathoms;
}

#endif
