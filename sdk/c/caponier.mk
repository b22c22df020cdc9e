# Builds a plugin: `include caponier/c/caponier.mk` at the end of a Makefile that sets NAME, VERSION,
# DESCRIPTION, SOURCES and CAPONIER, the folder of this file. `make` makes build/$(NAME).core.wasm,
# the core module; `make check` builds the sources and $(TESTS) natively and runs them under
# sanitizers. The words may hold any character; make itself wants `$$` for `$` and `\#` for `#`.
CLANG ?= clang

# A text as one word of the shell, and as a string of C: `?` for the sake of trigraphs.
define newline


endef
quoted = '$(subst ','\'',$1)'
literal = $(call quoted,"$(subst $(newline),\n,$(subst ?,\?,$(subst ",\",$(subst \,\\,$1))))")

# A comment behind a word leaves a space.
override NAME := $(strip $(NAME))
override VERSION := $(strip $(VERSION))

# What is left of a text without the characters that a name may have.
LETTERS := a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 -
without = $(if $2,$(call without,$(subst $(firstword $2),,$1),$(wordlist 2,$(words $2),$2)),$1)
ifneq ($(call without,$(NAME),$(LETTERS))$(if $(NAME),,none),)
$(error NAME: `$(NAME)` is no name of a plugin$(newline)hint: use lower-case letters, digits and `-` only)
endif

SDK := guard.c host.c report.c schema.c settings.c text.c
WASM_ONLY := memory.c bindings/policy.c bindings/policy_type.c
SAYS = -DCAPONIER_NAME=$(call literal,$(NAME)) -DCAPONIER_VERSION=$(call literal,$(VERSION)) \
	-DCAPONIER_DESCRIPTION=$(call literal,$(DESCRIPTION))
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Werror
WASM = $(CLANG) -std=c11 -O2 --target=wasm32-unknown-unknown -mbulk-memory -ffreestanding -nostdlibinc -nostdlib \
	-isystem $(CAPONIER)/include -I$(CAPONIER) -ffunction-sections -fdata-sections -fvisibility=hidden \
	-ffile-prefix-map=$(call quoted,$(CURDIR)=.)
STRICT = $(WASM) $(WARNINGS) $(SAYS)
LINK = $(CLANG) --target=wasm32-unknown-unknown -nostdlib -Wl,--no-entry -Wl,--gc-sections -Wl,--strip-debug \
	-Wl,-z,stack-size=131072 -Wl,--stack-first

# Objects keep the paths of their sources, so that no two have one name; `..` would lead out of build/.
own = build/objects/own/$(subst ../,+/,$1).o
sdk = build/objects/sdk/$1.o
OBJECTS := $(foreach source,$(SOURCES),$(call own,$(source))) $(foreach source,$(SDK) $(WASM_ONLY),$(call sdk,$(source)))

build/$(NAME).core.wasm: $(OBJECTS)
	@$(LINK) $(OBJECTS) -o $@

# $(call compiled,object,source,the name of the command)
define compiled
$1: $2 Makefile $(CAPONIER)/caponier.mk build/objects/asked
	@mkdir -p $$(@D)
	@$$($3) -MD -MP -c $2 -o $$@
endef
$(foreach source,$(SOURCES),$(eval $(call compiled,$(call own,$(source)),$(source),STRICT)))
$(foreach source,$(SDK),$(eval $(call compiled,$(call sdk,$(source)),$(CAPONIER)/$(source),STRICT)))
$(foreach source,$(WASM_ONLY),$(eval $(call compiled,$(call sdk,$(source)),$(CAPONIER)/$(source),WASM)))
-include $(OBJECTS:.o=.d)

# Changes when the commands or the list of objects do: a source that is gone, a VERSION given to make.
ASKED = $(call quoted,$(STRICT) $(LINK) $(OBJECTS))
build/objects/asked: always
	@mkdir -p $(@D)
	@printf '%s\n' $(ASKED) | cmp -s - $@ || printf '%s\n' $(ASKED) > $@

check: always
	@mkdir -p build
	$(CLANG) -std=c11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all $(WARNINGS) $(SAYS) \
		-I$(CAPONIER) -Isrc $(SOURCES) $(addprefix $(CAPONIER)/,$(SDK) native.c) $(TESTS) -o build/check
	ASAN_OPTIONS=detect_leaks=0 ./build/check

clean:
	rm -rf build

always:

.PHONY: always check clean
.DEFAULT_GOAL := build/$(NAME).core.wasm
