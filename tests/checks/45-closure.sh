# Loss closure: each frame of each exchange that states an outcome, lost in turn.
build/release/wiredrill run --no-golden --closure --jobs 2 scenarios | tail -40
