# Builds the examples; the Makefile includes this. Each plug-in is one file and needs no library.

EXAMPLES := $(patsubst examples/%.c,$(B)/examples/%.so,$(wildcard examples/stack/*.c examples/driver/*.c))

$(B)/examples/stack/%.so: examples/stack/%.c | folders
	$(CC) $(STD) $(WARN) $(OPT) -MMD -MP -shared -fPIC -o $@ $<
$(B)/examples/driver/%.so: examples/driver/%.c | folders
	$(CC) $(STD) $(WARN) $(OPT) -MMD -MP -Iexamples/driver -shared -fPIC -o $@ $<

# The smallest kernel: everything below its console and its NIC's bus is stack/; -r because a kernel links itself.
$(B)/examples/kernel/kernel.o: examples/kernel/kernel.c $(B)/libstack.a | folders
	$(CC) $(STD) $(WARN) -O2 -ffreestanding -MMD -MP -c $< -o $(B)/examples/kernel/main.o
	ld -r -o $@ $(B)/examples/kernel/main.o --whole-archive $(B)/libstack.a

.PHONY: examples
examples: $(EXAMPLES) $(B)/examples/kernel/kernel.o   ## build the examples: stacks, drivers, the smallest kernel

.PHONY: plugins
plugins: all      ## the plug-ins, with the drivers of the examples under every script (tests/checks/85-plugins.sh takes every eighth)
	@EVERY=1 sh tests/checks/85-plugins.sh
