# Planted bugs and random faults (docs/testing.md): how well the tests see.

.PHONY: mutants
mutants: all unit-build ## all planted bugs, what breaks each requirement, and random faults in the stack: what notices them
	@tools/planted.py
	@WIRE=scenarios sh tests/checks/47-wire.sh
	@tools/planted.py --breakers build/breakers.tsv
	@tools/breakers.py build/breakers.tsv build/wire/breakers.tsv
	@tools/faults.py --seed 1 --count $(FAULTS) --floor 90 --tidy
FAULTS ?= 3000

# What breaks each requirement takes minutes to find out; what scenarios say of them, seconds (wiredrill conformance).
.PHONY: conformance
conformance: all ## what is proven of each requirement of the standards, with what breaks it, in reports/
	@WIRE=scenarios sh tests/checks/47-wire.sh
	@tools/planted.py --breakers build/breakers.tsv
	@tools/breakers.py --quiet --out build/conformance-breakers.tsv build/breakers.tsv build/wire/breakers.tsv
	@$(B)/wiredrill conformance --quiet --breakers build/conformance-breakers.tsv

# What tools/mutation compiles with and links: a word, and what it stands for in the release build.
.PHONY: mutation-build
mutation-build:
	@echo "stack-flags $(CFLAGS_STACK)"
	@echo "sim-flags $(CFLAGS_SIM) $(SIM_DEFS)"
	@echo "sim $(SIM_OBJ) $(STACK_OBJ)"
	@echo "sim-checked $(SIM_OBJ) $(CHECKED_OBJ)"
	@echo "unit $(filter-out %/runner/main.o,$(TEST_OBJ)) $(SIMLIB_OBJ) $(CHECKED_OBJ)"
	@echo "libs $(LIBS)"
