# Our stack against the kernel on a TAP device: the part of `make interop` that takes seconds. Without root, a namespace or a device it is skipped, by name.
QUICK=1 sh tests/interop/interop.sh
