"""The way in, call by call: what is in the registers, in the frame and on the kernel's stack.

    sysenter (raw.h)   what the program gives: the number, the flags, the block at EDX
    the service        I1, G3's frame, the copy of the arguments: read from the kernel's stack
    its return         what the program must get in EAX
    raw_back           I6, I5: what the program has after it

All but the service is stepped, instruction by instruction.  Some cases look at AC and IF on the way
(I3, I4); there, of every second call, a reschedule comes in the last moment before interrupts go
off (I4).
"""
from grade.outside import STEP

AC, NT, DF, IF, TF = 0x40000, 0x4000, 0x400, 0x200, 0x100
ODD = AC | NT | DF | TF
KEPT_BITS = ODD | 0x8D5
USER_END, ARGUMENT_END, USER_CODE, USER_DATA, USER_TEB = 0x80000000, 0x7FFF0000, 0x1B, 0x23, 0x3B
KERNEL_PCR = 0x30
NEGATIVE = 0xFF000000  # from here on a program's own small negative numbers
FRAME_END, STACK_BYTES = 124, 0x3000
SYSEXIT = b"\x0f\x35"
MISALIGNED = 0x80000002
MOST_STEPS = 20000
NAME = "KiFastCallEntry"
# How many calls a case makes; of null_service and many_calls the first are watched.  Of those of
# `instructions` some, which no program knows, are counted as well.
COUNTED, MOST_SKIPPED = "instructions", 20
CALLS = {
    "null_service": 20,
    "arguments": 7,
    "unknown": 3,
    "fathom_numbers": 10,
    "registers": 4,
    "flags": 5,
    "unreadable": 7,
    "misaligned": 3,
    "edges": 5,
    "many_calls": 40,
    "bad_stacks": 1,
    "instructions": 8,
}
# Which of them see what happens on the way, so that one mistake does not cost all points.
SEES_AC, SEES_IF = {"flags", "many_calls"}, {"null_service", "many_calls"}


class Call:
    """What the program has when it executes sysenter, and what the contract makes of it."""

    def __init__(self, case):
        self.case, self.given = case, case.registers
        self.number, self.block = self.given.eax, self.given.edx
        self.service = self.find()
        self.routine, self.bytes = case.watch.words(self.service, 2) if self.service else (0, 0)
        self.arguments = case.watch.words(self.block + 8, self.bytes // 4)
        self.refused = self.refusal()
        self.result = self.refused

    def find(self):
        """The address of its KSERVICE; 0: the number is none."""
        word, names = self.case.machine_words, self.case.kernel
        for first, count, table in (
            (0, word["SERVICE_COUNT"], "_KiServiceTable"),
            (word["FATHOM_FIRST"], word["FATHOM_COUNT"], "_KiFathomTable"),
        ):
            if first <= self.number < first + count:
                return names[table] + (self.number - first) * word["KSERVICE_SIZE"]
        return 0

    def refusal(self):
        """The status that the program gets without a service; None: it is called."""
        rules, end = self.case.rules, self.block + 8 + self.bytes
        if rules["crooked"] and self.block & 3:
            return MISALIGNED
        if not self.service:
            return rules["unknown"]
        there = self.case.watch.is_there(self.block + 8, self.bytes)
        if self.bytes and (end > ARGUMENT_END or not there):
            return rules["unreadable"]
        return None

    @property
    def top(self):
        """Where the frame of the current thread ends (G2)."""
        words, watch = self.case.machine_words, self.case.watch
        tss = watch.word(self.case.kernel["_KiPcr"] + words["KPCR_TSS"])
        return watch.word(tss + words["KTSS_Esp0"])

    def check_frame(self, frame):
        """The trap frame as it lies in the kernel's memory."""
        case, given, words = self.case, self.given, self.case.machine_words
        back = case.watch.word(case.kernel["_KeUserCallReturn"])
        right = dict(Ebp=given.ebp, Ebx=given.ebx, Esi=given.esi, Edi=given.edi)
        right |= dict(HardwareEsp=self.block, HardwareSegSs=USER_DATA, SegCs=USER_CODE)
        right |= dict(Eip=back, DbgEip=back, DbgEbp=given.ebp, DbgArgPointer=self.block)
        for field, value in right.items():
            seen = case.watch.word(frame + words["KTRAP_" + field])
            case.expect(seen == value, NAME, f"KTRAP_FRAME.{field} = %08X", "%08X", value, seen)
        flags = case.watch.word(frame + words["KTRAP_EFlags"])
        case.expect(
            flags & KEPT_BITS == given.eflags & KEPT_BITS,
            NAME,
            "the program's flags in KTRAP_FRAME.EFlags: %05X",
            "%05X",
            given.eflags & KEPT_BITS,
            flags & KEPT_BITS,
        )

    def check_service(self):
        """At the first instruction of the service."""
        frame = self.top - FRAME_END
        self.check_mode()
        self.check_stack(frame)
        self.check_frame(frame)
        self.check_copies()

    def check_mode(self):
        case, now = self.case, self.case.registers
        case.expect(
            not now.eflags & ODD and now.eflags & IF,
            NAME,
            "DF NT AC TF clear and IF set when the service is called (I1)",
            "EFLAGS %08X",
            now.eflags,
        )
        case.expect(
            now.fs == KERNEL_PCR and now.ds == USER_DATA and now.es == USER_DATA,
            NAME,
            "FS 30 DS 23 ES 23 when the service is called (I1)",
            "%X %X %X",
            *(now.fs, now.ds, now.es),
        )

    def check_stack(self, frame):
        case, now = self.case, self.case.registers
        case.expect(
            now.ebp == frame and now.eax == self.service,
            NAME,
            "EBP = the frame %08X, EAX = the KSERVICE %08X",
            "EBP %08X EAX %08X",
            *(frame, self.service, now.ebp, now.eax),
        )
        case.expect(
            self.top - STACK_BYTES < now.esp < frame,
            NAME,
            "a stack below the frame %08X, of the current thread",
            "ESP %08X",
            *(frame, now.esp),
        )

    def check_copies(self):
        case = self.case
        copies = case.watch.words(case.registers.esp + 4, self.bytes // 4)
        for place, (seen, right) in enumerate(zip(copies, self.arguments)):
            case.expect(
                seen == right,
                NAME, "argument %u of the service's copy: %08X", "%08X", *(place + 1, right, seen)
            )

    def check_return(self):
        """The program has come to raw_back."""
        self.check_registers()
        self.check_segments()
        case, given, now = self.case, self.given, self.case.registers
        case.expect(
            now.eflags & (ODD | IF) == given.eflags & (ODD | IF),
            NAME,
            "DF NT AC TF IF after the return as before (I5): %05X",
            "%05X",
            *(given.eflags & (ODD | IF), now.eflags & (ODD | IF)),
        )
        case.expect(
            not any(USER_END <= n < NEGATIVE for n in (now.ecx, now.edx)),
            NAME, "no address of the kernel in ECX and EDX", "%08X %08X", *(now.ecx, now.edx)
        )

    def check_registers(self):
        case, given, now = self.case, self.given, self.case.registers
        case.expect(now.eax == self.result, NAME, "EAX %08X", "%08X", self.result, now.eax)
        for name in ("ebx", "esi", "edi", "ebp"):
            right, seen = getattr(given, name), getattr(now, name)
            case.expect(seen == right, NAME, f"{name.upper()} %08X (I6)", "%08X", right, seen)
        case.expect(
            now.esp == self.block + 4, NAME, "ESP %08X (I6)", "%08X", self.block + 4, now.esp
        )

    def check_segments(self):
        case, now = self.case, self.case.registers
        segments = [now.cs, now.ss, now.ds, now.es, now.fs]
        case.expect(
            segments == [USER_CODE, USER_DATA, USER_DATA, USER_DATA, USER_TEB],
            NAME, "CS 1B SS 23 DS 23 ES 23 FS 3B", "%X %X %X %X %X", *segments
        )


def at_door(case):
    """From sysenter one step: in the kernel, with the fields of G1 to go by."""
    yield STEP
    case.expect(
        case.registers.eip == case.kernel["_KiFastCallEntry"],
        NAME,
        "the processor at KiFastCallEntry, %08X",
        "%08X",
        case.kernel["_KiFastCallEntry"],
        case.registers.eip,
    )


def ask_reschedule(case, whether):
    """KPCR.Reschedule, from outside.  Each stop lets a tick of the clock in: it is undone here."""
    at = case.kernel["_KiPcr"] + case.machine_words["KPCR_Reschedule"]
    case.watch.write(at, bytes([whether, 0, 0, 0]))


def served(case, call):
    """The service begins: its checks; on to its return."""
    case.expect(
        call.refused is None,
        NAME, "no service is called: status %08X", "one was", call.refused or 0
    )
    call.check_service()
    yield {case.watch.word(case.registers.esp)}
    call.result = case.registers.eax


class Way:
    """From the door to the program, by single steps but for the service.  place: where a reschedule
    is asked for; None: nowhere."""

    def __init__(self, case, call, place):
        self.case, self.call, self.place = case, call, place
        self.path = []  # (EIP, EFLAGS, bytes) of what ran since the service, or since the door
        self.steps, self.served, self.raced = 0, False, False

    def follow(self):
        """The last instruction with interrupts on before they go off; None: there is none."""
        case, slow = self.case, self.case.kernel["_KiTrapExit"]
        ask_reschedule(case, False)
        while case.registers.eip >= USER_END and len(self.path) < MOST_STEPS:
            now = case.registers
            if now.eip == self.call.routine and not self.served:
                yield from self.serve()
                continue
            if now.eip == slow and self.raced:
                return self.place
            self.look(now)
            yield STEP
        return self.end()

    def serve(self):
        self.served = True
        yield from served(self.case, self.call)
        ask_reschedule(self.case, False)
        self.path.clear()  # what was before had its checks

    def look(self, now):
        """Before an instruction."""
        if now.eip == self.place:
            self.raced = True
            ask_reschedule(self.case, True)
        check_ac(self.case, self.call, now)
        self.path.append((now.eip, now.eflags, self.case.watch.read(now.eip, 3)))
        self.steps += 1

    def end(self):
        """Back in the program, or lost."""
        case, call = self.case, self.call
        known = self.served or call.refused is not None
        case.expect(known, NAME, "service %X is called", "none was", call.number)
        case.expect(
            not self.raced,
            NAME,
            "KiTrapExit, since KPCR.Reschedule was set before interrupts went off (I4)",
            "sysexit",
        )
        check_way_out(case, self.path)
        if call.refused is not None:
            call.check_frame(call.top - FRAME_END)  # it has one as well, and no tick came since
        return last_open(case, self.path)


def check_ac(case, call, now):
    """I3, of an instruction that is about to run."""
    reads = call.bytes and call.block < ARGUMENT_END
    if case.name in SEES_AC and now.eip in case.student and not reads:
        entry = now.eip == case.kernel["_KiFastCallEntry"] or now.eip in before_saved(case)
        case.expect(
            entry or not now.eflags & AC,
            NAME,
            "AC clear in a call that reads nothing of the program (I3)",
            "AC set at %08X",
            now.eip,
        )


def before_saved(case):
    """Where the program's flags are still those of the processor."""
    return range(case.kernel["_KiFastCallEntry"], case.kernel["_KiFastCallEntry.saved"])


def check_way_out(case, path):
    """I4: of what runs before sysexit only sysexit itself is enabled."""
    if case.name in SEES_IF and len(path) > 1 and path[-1][2][:2] == SYSEXIT:
        case.expect(
            not path[-2][1] & IF,
            NAME,
            "interrupts off until sysexit (I4)",
            "IF set at %08X, before sysexit at %08X",
            path[-2][0],
            path[-1][0],
        )


def last_open(case, path):
    """The last instruction of the student's with interrupts on before they go off; None: none."""
    for (eip, flags, _), (_, after, _) in reversed(list(zip(path, path[1:]))):
        if flags & IF and not after & IF:
            return eip if eip in case.student else None
    return None


def one_call(case, call, place):
    """Watched from the door on; the place of its last instruction with interrupts on, or None."""
    back = case.program["_raw_back"]
    yield from at_door(case)
    way = Way(case, call, place)
    found = yield from way.follow()
    if case.registers.eip != back:
        yield {back}
    call.check_return()
    if case.name == COUNTED:
        case.finding.counts["calls"].append(way.steps)
    return found


def every_case(case):
    entry = case.program["_raw_back"] - 2
    place, sees = None, case.name in SEES_IF
    for number in range(CALLS[case.name]):
        for _ in range(case.sample.randrange(MOST_SKIPPED) if case.name == COUNTED else 0):
            yield {entry}
        yield {entry}
        case.finding.steps = number + 1
        case.same_code()
        call = Call(case)
        if not call.given.eflags & TF:
            there = place if sees and number % 2 == 0 else None
            found = yield from one_call(case, call, there)
            place = place or found
