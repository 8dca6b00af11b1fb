# image.mk - the UEFI loaders and the disk image.
