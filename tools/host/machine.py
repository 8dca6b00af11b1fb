"""One virtual machine: QEMU's command line for each way to boot, its lines, its end.

Nothing has a fixed name or port: the machine's lines are socket pairs that QEMU inherits,
but for the console, which with all its files lies in a private directory.  QEMU runs in there and
has their bare names, whatever is in the name of the directory.  If we die, QEMU dies
(PR_SET_PDEATHSIG).

  console  COM1     what a person sees; the firmware and the loaders write there too
  events   COM2     trace events, where the kernel has no ring for them (events.py)
  host     E9h out  frames from the kernel (frames.py)
  reply    COM3     frames to the kernel
  qmp               QEMU's own, for an NMI
"""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys

from . import interrupt, scratch
from .events import Ring, possible

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOOTS = ("multiboot", "ia32", "x64")
OVMF_X64 = "/usr/share/ovmf/OVMF.fd"
OVMF_IA32 = (
    "/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd",
    "/usr/share/OVMF/OVMF32_VARS_4M.fd",
)
DISKS = {
    "virtio": ["virtio-blk-pci"],
    "ide": ["ide-hd"],
    "usb": ["-device", "qemu-xhci", "usb-storage"],
}
DEFAULT_CPU = "max"
DESCRIPTORS = "/proc/self/fd"
SPOOL = "events"  # the file of a machine's folder that its records go to
EXIT_ORDERLY, EXIT_BUGCHECK = (
    33,
    35,
)  # (10h << 1) | 1 and (11h << 1) | 1 of isa-debug-exit


WINDOWS = {"gtk": "gtk,window-close=off", "sdl": "sdl,window-close=off"}
VNC_PORT, VNC_PORTS = 5900, 100


def vnc_number():
    """The first display of VNC that nobody has, and a line that names it."""
    for number in range(VNC_PORTS):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", VNC_PORT + number))
            except OSError:
                continue
        print(f"fathom: the screen is at 127.0.0.1:{VNC_PORT + number} (VNC)", file=sys.stderr)
        return number
    raise OSError(f"no port from {VNC_PORT} to {VNC_PORT + VNC_PORTS - 1} is free for VNC")


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


LIVE = []  # machines that are not closed yet


def close_all():
    """The last thing the tool does, however it ends."""
    for machine in list(LIVE):
        machine.close()


class Pipe:
    """Two FIFOs as a line.  A socket holds some 270 single bytes until we read, then firmware's
    serial driver gives up on the next; a pipe holds 65536."""

    def __init__(self, path):
        for end in (".in", ".out"):
            os.mkfifo(path + end)
        self.chardev = f"pipe,path={os.path.basename(path)}"
        self.input = os.open(path + ".in", os.O_RDWR | os.O_NONBLOCK)
        self.output = os.open(path + ".out", os.O_RDONLY | os.O_NONBLOCK)

    def fileno(self):
        return self.output

    def recv(self, most):
        return os.read(self.output, most)

    def sendall(self, data):
        os.write(self.input, data)

    def close(self):
        os.close(self.input)
        os.close(self.output)


class Machine:
    """options: boot, mem (MiB), cpu, icount, disk, screen; events: events.Events, where they go;
    out: the build directory."""

    def __init__(
        self,
        out,
        boot="multiboot",
        mem=256,
        cpu=DEFAULT_CPU,
        icount=False,
        disk="virtio",
        screen=False,
        events=None,
        halted=None,
    ):
        self.out, self.boot, self.mem, self.cpu = out, boot, mem, cpu
        self.icount, self.disk, self.screen = icount, disk, screen
        self.events, self.halted = events, halted
        self.battery = None  # what its battery clock shows at boot, for QEMU; None: the host's time
        self.process = None
        self.errors = None
        self.memory = None  # descriptor of the machine's memory
        self.ring = None  # Ring: the machine's events, if they come that way
        self.inherited = []
        with interrupt.whole():  # a signal finds the folder in LIVE, or none
            self.folder = scratch.make()
            LIVE.append(self)

    # ---- what it boots with ----

    def kernel(self):
        ours = os.path.join(self.out, "kernel", "ntoskrnl.exe")
        # tests/second/: a kernel with one file replaced
        return os.path.abspath(os.environ.get("FATHOM_KERNEL") or ours)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_image(self, archive, cmdline, kernel):
        """A private disk with this archive and command line."""
        image = self.path("disk.img")
        loaders = [os.path.join(self.out, "efi", n) for n in ("BOOTIA32.EFI", "BOOTX64.EFI")]
        subprocess.run(
            [os.path.join(TOP, "tools", "mkimage.sh"), image, kernel, archive, *loaders],
            check=True,
            env={**os.environ, "FATHOM_CMDLINE": cmdline},
        )
        return image

    def _line(self, name):
        """A socket pair; QEMU's chardev of that name is one end, the other is
        returned."""
        ours, theirs = socket.socketpair()
        self.inherited.append(theirs)
        return ours, ["-chardev", f"socket,id={name},fd={theirs.fileno()}"]

    def has_ring(self):
        return bool(self.events) and possible()

    def _event_arguments(self):
        if not self.has_ring():
            return ["-serial", f"file:{SPOOL}" if self.events else "null"]
        self.ring = Ring(self, self.path(SPOOL))
        return ["-serial", "null", *self.ring.arguments()]

    def _memory_arguments(self):
        """Memory that we can map too (window.py, events.py); where there are no memory files,
        QEMU's own."""
        arguments = ["-m", str(self.mem)]
        if self.icount and not (self.halted or self.has_ring()) or not hasattr(os, "memfd_create"):
            return arguments
        path = self._open_memory()
        os.ftruncate(self.memory, self.mem << 20)
        backend = f"id=memory,size={self.mem}M,share=on,mem-path={path}"
        return arguments + [
            "-object",
            f"memory-backend-file,{backend}",
            "-machine",
            "memory-backend=memory",
        ]

    def _open_memory(self):
        """The memory file's path for QEMU: no file of a disk, but where /proc is not mounted (a
        chroot of somebody who may not mount, as Gradescope's is)."""
        if os.path.isdir(DESCRIPTORS):
            self.memory = os.memfd_create("fathom")
            return f"/dev/fd/{self.memory}"
        self.memory = os.open(self.path("memory"), os.O_RDWR | os.O_CREAT, 0o600)
        return "memory"

    def _boot_arguments(self, archive, cmdline, kernel):
        if self.boot == "multiboot":
            arguments = ["-kernel", kernel, "-append", cmdline]
            if archive and os.path.dirname(archive) not in ("", self.folder):
                os.symlink(os.path.abspath(archive), self.path("archive.tar"))
            return arguments + (["-initrd", "archive.tar"] if archive else [])
        return self._disk_arguments(self.make_image(archive, cmdline, kernel))

    def _disk_arguments(self, image):
        if self.boot == "x64":
            arguments = ["-bios", OVMF_X64]
        else:
            shutil.copyfile(OVMF_IA32[1], self.path("vars.fd"))  # stale variables lead to its shell
            flash = "if=pflash,format=raw,unit="
            arguments = [
                "-M",
                "q35",
                "-drive",
                f"{flash}0,readonly=on,file={OVMF_IA32[0]}",
                "-drive",
                f"{flash}1,file=vars.fd",
            ]
        inside = os.path.dirname(image) == self.folder
        arguments += DISKS[self.disk][:-1]
        return arguments + [
            "-drive",
            f"if=none,id=disk,format=raw,snapshot=on,file={'disk.img' if inside else image}",
            "-device",
            DISKS[self.disk][-1] + ",drive=disk,bootindex=0",
        ]

    def start(self, cmdline, archive=None, kernel=None, image=None):
        """Start it.  image: a ready disk instead of archive and cmdline."""
        program = os.environ.get("FATHOM_QEMU") or (
            "qemu-system-x86_64" if self.boot == "x64" else "qemu-system-i386"
        )
        if os.sep in program:
            program = os.path.abspath(program)
        arguments = [
            program,
            *self._memory_arguments(),
            "-cpu",
            self.cpu,
            "-accel",
            "tcg",
            "-nodefaults",
            "-net",
            "none",
            "-display",
            self._display(),
            "-no-reboot",
            "-no-user-config",
            "-vga",
            "std" if self.screen else "none",
            "-device",
            "isa-debug-exit,iobase=0x501,iosize=2",
        ]
        if self.icount:
            date = f"base={self.battery}," if self.battery else ""
            arguments += ["-icount", "shift=0,sleep=off", "-rtc", date + "clock=vm"]
        if self.halted:
            arguments += ["-S", "-gdb", f"unix:{os.path.basename(self.halted)},server=on,wait=off"]
        self.console = Pipe(self.path("console"))
        console = ["-chardev", self.console.chardev + ",id=console"]
        self.reply, reply = self._line("reply")
        self.host, host = self._line("host")
        self.qmp, qmp = self._line("qmp")
        arguments += console + ["-serial", "chardev:console"] + self._event_arguments()
        arguments += reply + ["-serial", "chardev:reply"]
        arguments += host + ["-device", "isa-debugcon,iobase=0xe9,chardev=host"]
        arguments += qmp + ["-mon", "chardev=qmp,mode=control"]
        if image:
            arguments += self._disk_arguments(image)
        else:
            arguments += self._boot_arguments(archive, cmdline, kernel or self.kernel())
        self.errors = open(self.path("qemu.log"), "w+b")
        self.process = subprocess.Popen(
            arguments,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=self.ring.theirs if self.ring else self.errors,
            stderr=self.errors,
            pass_fds=[s.fileno() for s in self.inherited]
            + self.inherit()
            + ([self.memory] if self.memory is not None else []),
            preexec_fn=_die_with_parent,
            start_new_session=True,
        )
        for line in self.inherited:
            line.close()
        self.inherited = []

    def _display(self):
        """QEMU's word for where its screen is seen.  A window cannot be closed: `exit` leaves."""
        if self.screen == "vnc":
            return f"vnc=127.0.0.1:{vnc_number()}"
        return WINDOWS.get(self.screen, "none")

    def inherit(self):
        """More descriptors for QEMU."""
        return []

    # ---- while it runs ----

    def nmi(self):
        """A non-maskable interrupt, by QMP: the kernel answers with its threads'
        stacks."""
        self.qmp.setblocking(True)
        self.qmp.settimeout(2)
        try:
            for command in ("qmp_capabilities", "inject-nmi"):
                self.qmp.sendall(b'{"execute": "%s"}\n' % command.encode())
        except OSError:
            pass  # it has ended meanwhile

    def wait(self, seconds):
        """QEMU's exit status, or None if it still runs after so long."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def qemu_says(self):
        """What QEMU itself wrote: why it would not start."""
        self.errors.seek(0)
        return self.errors.read().decode("utf-8", "replace").strip()

    def close(self):
        """End it, whatever it does, keep its events, and remove its files."""
        with interrupt.whole():
            if self.process and self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            if self.events and self.process:
                self._keep_events()
            for line in (getattr(self, n, None) for n in ("console", "reply", "host", "qmp")):
                if line:
                    line.close()
            if self.errors:
                self.errors.close()
            if self.memory is not None:
                os.close(self.memory)
                self.memory = None
            scratch.remove(self.folder)
            if self in LIVE:
                LIVE.remove(self)

    def _keep_events(self):
        events, self.events = self.events, None
        if self.ring:
            self.ring.close()
        if os.path.exists(self.path(SPOOL)):
            events.finish(self.path(SPOOL), self.out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
