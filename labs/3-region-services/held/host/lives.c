/* lives.c - held back: many calls in a row, and every way that one can fail.
 *
 * A number that is drawn says which call, in which region, on which pages (Plan).
 */
#define LAB_MORE
#include "lab.h"
#include "world.h"

#define TOP (WORLD_END - 1)

typedef struct {
    enum { RESERVE, DECOMMIT, RELEASE, COMMIT } Call;
    MMVAD *Vad;
    uint32_t First, Last, Protection; /* Last is included; RESERVE: pages in First */
    int TopDown, MemCommit;
} PLAN;
static const char *const Function[] = {"MiReserve", "MiDecommit", "MiRelease",
                                       "MiCommit"};

static uint32_t Draw(uint32_t *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 3;
}

static PLAN Plan(uint32_t draw)
{
    PLAN plan = {.Protection = draw / 33 % 2 ? MM_READWRITE : MM_READONLY};
    MMVAD *vad = plan.Vad = World.Count ? World.Vads[draw / 7 % World.Count] : NULL;
    plan.Call = !vad || draw % 5 == 0 ? RESERVE
                : draw % 5 == 1       ? DECOMMIT
                : draw % 5 == 2       ? RELEASE
                                      : COMMIT;
    if (plan.Call == RESERVE) {
        plan.First = 1 + draw / 64 % 40;
        plan.TopDown = draw / 5 % 4 == 0, plan.MemCommit = draw / 9 % 2;
        return plan;
    }
    plan.First = vad->StartingVpn + draw / 128 % (vad->EndingVpn - vad->StartingVpn + 1);
    plan.Last = plan.First + draw / 4096 % (vad->EndingVpn - plan.First + 1);
    return plan;
}

/* *at: where a region was reserved. */
static NTSTATUS Call(const PLAN *plan, uint32_t *at)
{
    if (plan->Call == DECOMMIT)
        return MiDecommit(&Space, plan->Vad, plan->First, plan->Last);
    if (plan->Call == RELEASE)
        return MiRelease(&Space, plan->Vad, plan->First, plan->Last);
    if (plan->Call == COMMIT)
        return MiCommit(&Space, plan->Vad, plan->First, plan->Last, plan->Protection);
    MIRESERVE want = {0,
                      plan->First,
                      TOP,
                      (BOOLEAN)plan->TopDown,
                      MM_READWRITE,
                      (BOOLEAN)plan->MemCommit,
                      FALSE,
                      FALSE};
    NTSTATUS status = World.Count > 60 ? STATUS_NO_MEMORY : MiReserve(&Space, &want);
    *at = want.First;
    return status;
}

static int AllCommitted(const PLAN *plan)
{
    for (uint32_t vpn = plan->First; vpn <= plan->Last; vpn++)
        if (WorldProtection(vpn) == MM_DECOMMIT)
            return 0;
    return 1;
}

/* What the call must say when nothing runs out. */
static NTSTATUS Right(const PLAN *plan)
{
    if (plan->Call == RESERVE)
        return World.Count > 60 ? STATUS_NO_MEMORY : STATUS_SUCCESS;
    if (plan->Call == DECOMMIT && LAB_DECOMMIT && !AllCommitted(plan))
        return STATUS_NOT_COMMITTED;
    int head = plan->First == plan->Vad->StartingVpn,
        tail = plan->Last == plan->Vad->EndingVpn;
    if (plan->Call == RELEASE && !(head && tail) &&
        (LAB_RELEASE == 1 || (LAB_RELEASE == 2 && !head && !tail)))
        return STATUS_UNABLE_TO_FREE_VM;
    return STATUS_SUCCESS;
}

static uint8_t Book[WORLD_END]; /* the MM_* code that each page should have */

static void AskUnchanged(const WORLD *before, const PLAN *plan, NTSTATUS status)
{
    const char *function = Function[plan->Call];
    LAB_EXPECT(before->Count == World.Count, function, "all or nothing: %u regions",
               "%u, after status %08X", before->Count, World.Count, (uint32_t)status);
    LAB_EXPECT(before->Committed == World.Committed, function,
               "all or nothing: %u pages charged", "%u, after status %08X",
               before->Committed, World.Committed, (uint32_t)status);
    LAB_EXPECT(!memcmp(before->Store, World.Store, sizeof before->Store), function,
               "all or nothing: each MMVAD as before", "one changed, after status %08X",
               (uint32_t)status);
    for (uint32_t vpn = 0; vpn < WORLD_END; vpn++)
        LAB_EXPECT(Book[vpn] == WorldProtection(vpn) &&
                       before->Resident[vpn] == World.Resident[vpn],
                   function, "all or nothing: page %X with MM_ code %X as before",
                   "code %X, after status %08X", vpn, Book[vpn], WorldProtection(vpn),
                   (uint32_t)status);
    LAB_EXPECT(!WorldFault(), function, "R2, R3 and the other regions kept",
               WorldFault());
}

/* Every chance of a call to fail is taken, one after the other. */
LAB_CASE(all_or_nothing)
{
    static WORLD before;
    uint32_t seed = 2026, failed = 0, at;
    WorldBegin();
    for (int step = 0; step < 400; step++) {
        PLAN plan = Plan(Draw(&seed));
        if (plan.Vad)
            WorldTouch(plan.Vad->StartingVpn);
        NTSTATUS right = Right(&plan), status = STATUS_UNSUCCESSFUL;
        for (int chance = 1; chance < 6; chance++) {
            before = World;
            for (uint32_t vpn = 0; vpn < WORLD_END; vpn++)
                Book[vpn] = (uint8_t)WorldProtection(vpn);
            World.Asked = 0, World.FailAt = chance;
            status = Call(&plan, &at);
            if (NT_SUCCESS(status) || World.Asked < chance)
                break;
            AskUnchanged(&before, &plan, status);
            failed++;
        }
        LAB_EXPECT(status == right, Function[plan.Call],
                   "status %08X when nothing runs out", "status %08X", (uint32_t)right,
                   (uint32_t)status);
        LAB_EXPECT(!WorldFault(), Function[plan.Call],
                   "R2, R3 and the other regions kept", WorldFault());
        if (!NT_SUCCESS(status))
            AskUnchanged(&before, &plan, status);
    }
    LAB_EXPECT(failed > 60, "MiReserve", "calls that can fail", "%u of them failed",
               failed);
}

static void Note(const PLAN *plan, NTSTATUS status, uint32_t at)
{
    if (!NT_SUCCESS(status))
        return;
    if (plan->Call == RESERVE) {
        memset(Book + at, plan->MemCommit ? MM_READWRITE : MM_DECOMMIT, plan->First);
        return;
    }
    for (uint32_t vpn = plan->First; vpn <= plan->Last; vpn++)
        if (plan->Call != COMMIT)
            Book[vpn] = MM_DECOMMIT;
        else if (!LAB_RECOMMIT || Book[vpn] == MM_DECOMMIT)
            Book[vpn] = (uint8_t)plan->Protection;
}

LAB_CASE(life)
{
    uint32_t seed = 0x5A5A2026;
    WorldBegin();
    memset(Book, MM_DECOMMIT, sizeof Book);
    for (int step = 0; step < 3000; step++) {
        PLAN plan = Plan(Draw(&seed));
        uint32_t at = 0;
        if (plan.Call != RESERVE)
            WorldTouch(plan.First);
        NTSTATUS right = Right(&plan), status = Call(&plan, &at);
        LAB_EXPECT(status == right, Function[plan.Call],
                   "status %08X when nothing runs out", "status %08X", (uint32_t)right,
                   (uint32_t)status);
        Note(&plan, status, at);
        for (uint32_t vpn = 0; vpn < WORLD_END; vpn++)
            LAB_EXPECT(WorldProtection(vpn) == Book[vpn], Function[plan.Call],
                       "page %X to be MM_ code %X (10: reserved)", "code %X", vpn,
                       Book[vpn], WorldProtection(vpn));
        if (step % 16 == 0)
            LAB_EXPECT(!WorldFault(), Function[plan.Call],
                       "R2, R3 and the other regions kept", WorldFault());
    }
}
