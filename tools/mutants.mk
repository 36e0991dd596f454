# Planted bugs and random faults (docs/testing.md): how well the tests see.

.PHONY: mutants
mutants: all unit-build ## all planted bugs, what breaks each requirement, and random faults in the stack: what notices them
	@tools/planted.py
	@tools/planted.py --breakers build/breakers.tsv
	@tools/breakers.py build/breakers.tsv
	@tools/faults.py --seed 1 --count $(FAULTS)
FAULTS ?= 3000

# What tools/mutation links: the release build's objects, a word each.
.PHONY: mutation-objects
mutation-objects:
	@echo "sim $(SIM_OBJ) $(STACK_OBJ)"
	@echo "unit $(TEST_OBJ) $(SIMLIB_OBJ) $(STACK_OBJ)"
	@echo "libs $(LIBS)"
