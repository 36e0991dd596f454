# Planted bugs (docs/testing.md): how well the tests see.

.PHONY: mutants
mutants: all      ## every planted bug: the verdict that catches it
	@tools/planted.py

# What tools/mutation links: the release build's objects, a word each.
.PHONY: mutation-objects
mutation-objects:
	@echo "sim $(SIM_OBJ) $(STACK_OBJ)"
	@echo "libs $(LIBS)"
