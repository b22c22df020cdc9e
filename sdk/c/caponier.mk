# Builds a plugin: `include caponier/c/caponier.mk` at the end of a Makefile that sets NAME, VERSION,
# DESCRIPTION, SOURCES and CAPONIER, the folder of this file. `make` makes build/$(NAME).core.wasm,
# the core module; `make check` builds the sources and $(TESTS) natively and runs them under
# sanitizers.
CLANG ?= clang
SDK := $(addprefix $(CAPONIER)/,guard.c host.c report.c schema.c settings.c text.c)
WASM_ONLY := $(addprefix $(CAPONIER)/,memory.c bindings/policy.c bindings/policy_type.c)
HEADERS := $(wildcard $(CAPONIER)/*.h $(CAPONIER)/bindings/*.h $(CAPONIER)/include/*.h *.h src/*.h)
SAYS := -DCAPONIER_NAME='"$(NAME)"' -DCAPONIER_VERSION='"$(VERSION)"' -DCAPONIER_DESCRIPTION='"$(DESCRIPTION)"'
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Werror
WASM := --target=wasm32-unknown-unknown -mbulk-memory -ffreestanding -nostdlibinc -nostdlib \
	-isystem $(CAPONIER)/include -ffunction-sections -fdata-sections -fvisibility=hidden -ffile-prefix-map=$(CURDIR)=.
LINK := -Wl,--no-entry -Wl,--gc-sections -Wl,--strip-debug -Wl,-z,stack-size=131072 -Wl,--stack-first

build/$(NAME).core.wasm: $(SOURCES) $(SDK) $(WASM_ONLY) $(HEADERS) Makefile
	@mkdir -p build/objects
	@for source in $(SOURCES) $(SDK); do \
		$(CLANG) -std=c11 -O2 $(WASM) $(WARNINGS) $(SAYS) -I$(CAPONIER) -c $$source \
			-o build/objects/$$(basename $$source .c).o || exit 1; \
	done
	@for source in $(WASM_ONLY); do \
		$(CLANG) -std=c11 -O2 $(WASM) -I$(CAPONIER) -c $$source -o build/objects/$$(basename $$source .c).o || exit 1; \
	done
	@$(CLANG) --target=wasm32-unknown-unknown -nostdlib $(LINK) build/objects/*.o -o $@

check: $(SOURCES) $(SDK) $(CAPONIER)/native.c $(TESTS) $(HEADERS)
	@mkdir -p build
	$(CLANG) -std=c11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all $(WARNINGS) $(SAYS) \
		-I$(CAPONIER) -Isrc $(SOURCES) $(SDK) $(CAPONIER)/native.c $(TESTS) -o build/check
	ASAN_OPTIONS=detect_leaks=0 ./build/check

clean:
	rm -rf build

.PHONY: check clean
.DEFAULT_GOAL := build/$(NAME).core.wasm
