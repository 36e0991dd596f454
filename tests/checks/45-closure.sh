# Loss closure: each frame of each exchange that states an outcome, lost in turn. Scripts that state none are not counted.
build/release/wiredrill run --no-golden --closure --jobs 2 $(grep -lr '^outcome' scenarios | sort) | tail -40
