"""What gdb is connected to: its remote protocol, between gdb and a machine or a recording.

    gdb --wire--> proxy.py --wire--> QEMU's stub        live
    gdb --wire--> record/serve.py                       a recording

  wire.py       packets                          process.py    whose address space this is
  space.py      virtual addresses                modules.py    which modules it has
  registers.py  gdb's registers in a packet      libraries.py  their symbols, as gdb's libraries
  points.py     breakpoints and watchpoints of a process
"""
