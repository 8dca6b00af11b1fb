def gdb(options):
    return 0
