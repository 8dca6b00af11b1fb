"""The client's side of gdb's remote protocol, as far as a recording needs QEMU's stub."""
import socket



class Gone(Exception):
    """QEMU has ended."""


class Remote:
    def __init__(self, host):
        """host: the Machine, started with halted."""
        self.socket, self.buffer = socket.socket(socket.AF_UNIX), b""
        while True:
            try:
                return self.socket.connect(host.halted)
            except OSError:
                if host.wait(0.02) is not None:
                    raise Gone(f"QEMU did not start: {host.qemu_says()}") from None

    def _receive(self):
        while True:
            start = self.buffer.find(b"$")
            end = self.buffer.find(b"#", start + 1)
            if start >= 0 and 0 <= end <= len(self.buffer) - 3:
                packet, self.buffer = self.buffer[start + 1 : end], self.buffer[end + 3 :]
                self.socket.sendall(b"+")
                return packet.decode("latin-1")
            data = self.socket.recv(65536)
            if not data:
                raise Gone("QEMU ended before the stretch began")
            self.buffer += data

    def ask(self, text):
        self.send(text)
        return self._receive()

    def send(self, text):
        data = text.encode("latin-1")
        try:
            self.socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xFF))
        except OSError:
            raise Gone("QEMU has ended") from None

    def monitor(self, command):
        """A command of QEMU's own monitor; what it printed."""
        answer, text = self.ask("qRcmd," + command.encode().hex()), ""
        while answer.startswith("O") and answer != "OK":
            text += bytes.fromhex(answer[1:]).decode("latin-1")
            answer = self._receive()
        return text

    def word(self, address):
        """Four bytes of memory as a number; None: no page is there."""
        answer = self.ask(f"m{address:x},4")
        return None if answer.startswith("E") else int.from_bytes(bytes.fromhex(answer), "little")

    def registers(self):
        """eax ecx edx ebx esp ebp esi edi eip eflags"""
        data = bytes.fromhex(self.ask("g")[:80])
        return [int.from_bytes(data[i : i + 4], "little") for i in range(0, 40, 4)]

    def run_to(self, address):
        """On until the instruction at address is the next one, again if it is now."""
        if self.registers()[8] == address:
            self.ask("s")
        self.ask(f"Z1,{address:x},1")
        while not self.ask("c").startswith(("T05", "S05")):
            pass
        self.ask(f"z1,{address:x},1")
