"""Calls: the tree of calls that a stretch of instructions makes, found by the stack pointer alone.

    call     ESP is 4 less and the next instruction is elsewhere      a frame begins
    return   ESP is above where the frame's return address lay        it ends
    ring 0   the first instruction with an address in the kernel      a crossing begins
    ring 3   the first one back                                       it ends, with all above it
    a trap in ring 0 jumps to one of the IDT's handlers, and ends like a function

No code is decoded.  A jump to the first instruction of another function, with the stack as at the
entry, is the same frame under the other's name: the thunk of an import, a tail call.
"""
KERNEL = 0x80000000
LONGEST = 15  # bytes of an instruction
THUNK = 2  # instructions of one: jmp [import]
DISPATCHERS = ("KiUserExceptionDispatcher", "KiUserApcDispatcher", "KiUserCallbackDispatcher")


class Frame:
    """A call, or a crossing of the ring.

    own: instructions of this function; total: with those of what it called."""

    def __init__(self, parent, pc, esp, returns):
        self.parent, self.pc, self.esp, self.returns = parent, pc, esp, returns
        self.own, self.calls, self.crossing = 0, [], ""
        self.result = None  # EAX at the return; None: it has not returned
        self.begun = 0  # instructions of the stretch before it
        self.facts = {}  # whatever a watcher notes
        if parent:
            parent.calls.append(self)

    @property
    def kernel(self):
        return self.pc >= KERNEL

    @property
    def total(self):
        return self.own + sum(frame.total for frame in self.calls)


class Watcher:
    """What is told of frames: entered, left; and asked whether an address begins a function."""

    def entered(self, frame):
        pass

    def left(self, frame):
        pass

    def begins(self, pc):
        """The name of the function whose first instruction this is; else ""."""
        return ""

    def trap(self, pc):
        """How the handler at this address is entered ("page fault"); "": it is no handler."""
        return ""


class Tree:
    """root: the frame of the call, or of the trap, whose first instruction is the next one."""

    def __init__(self, stepper):
        self.stepper, self.watcher = stepper, Watcher()
        self.root = self.top = Frame(None, stepper.pc, stepper.esp, stepper.word(stepper.esp))

    def begin(self, watcher):
        self.watcher = watcher
        self.root.crossing = watcher.trap(self.root.pc)
        watcher.entered(self.root)

    def advance(self):
        """One instruction.  False: the root has returned (or was left another way)."""
        stepper = self.stepper
        pc, esp = stepper.pc, stepper.esp
        self.top.own += 1
        stepper.step()
        down, up = pc < KERNEL <= stepper.pc, stepper.pc < KERNEL <= pc
        if down or not up and self._elsewhere(pc) and self.watcher.trap(stepper.pc):
            self._push(self.watcher.trap(stepper.pc) or "interrupt")
        elif up:
            self._rise()
        elif self._ended():
            pass
        elif self._elsewhere(pc):
            self._jumped(esp)
        return self.top is not None

    def _elsewhere(self, pc):
        """The instruction at pc did not lead to the next one."""
        return not pc <= self.stepper.pc <= pc + LONGEST

    def _jumped(self, esp):
        stepper, top = self.stepper, self.top
        if stepper.esp == esp - 4:
            self._push("")
        elif stepper.esp == top.esp and not top.crossing and self.watcher.begins(stepper.pc):
            if top.own <= THUNK and not top.calls:
                top.pc = stepper.pc
                self.watcher.entered(top)
            else:
                self._push("")

    def _push(self, crossing):
        stepper = self.stepper
        returns = None if crossing else stepper.word(stepper.esp)
        frame = Frame(self.top, stepper.pc, stepper.esp, returns)
        frame.crossing, frame.begun = crossing, stepper.count
        self.top = frame
        self.watcher.entered(frame)

    def _pop(self):
        frame, self.top = self.top, self.top.parent
        frame.result = self.stepper.eax
        self.watcher.left(frame)

    def _ended(self):
        """Frames whose return address lies below ESP end; whether there were any."""
        count, kernel = 0, self.stepper.pc >= KERNEL
        while self.top and self.top.kernel == kernel and self._is_below(self.top):
            self._pop()
            count += 1
        return count

    def _is_below(self, frame):
        if frame.crossing and not (frame.parent and frame.parent.kernel):
            return False  # it ends in ring 3
        return self.stepper.esp > frame.esp

    def _rise(self):
        while self.top and self.top.kernel:
            self._pop()
        self._ended()
        name = self.watcher.begins(self.stepper.pc)
        if self.top and name in DISPATCHERS:
            self._push("")
