//! Functions that nothing reaches are left out of a whole module, and those that do the same stand in
//! it once. Those that are called from the most places come first: their numbers are short.

use std::collections::HashMap;
use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, ElementItems, ExternalKind, FunctionBody, FunctionSectionReader, Operator,
    Parser, Payload,
};

use crate::PackError;

/// What is found to be alike makes what calls it alike: this often, at most.
const ROUNDS: usize = 8;

/// Numbers of functions that take one byte.
const SHORT: u32 = 128;

/// The module, with each function once and none without use.
pub(crate) fn once(mut module: Vec<u8>) -> Result<Vec<u8>, PackError> {
    for _ in 0..ROUNDS {
        let functions = Functions::read(&module).map_err(PackError::Invalid)?;
        let mut kept = functions.kept();
        let done = kept.order.len() == functions.bodies.len();
        let mut smaller = Module::new();
        kept.parse_core_module(&mut smaller, Parser::new(0), &module)
            .map_err(|error| PackError::Written(error.to_string()))?;
        module = smaller.finish();
        if done {
            break;
        }
    }
    Ok(module)
}

/// The functions of a module.
struct Functions<'a> {
    imports: u32,
    types: Vec<u32>,
    bodies: Vec<FunctionBody<'a>>,
    /// For each of its own functions, what it calls, as often as it does.
    calls: Vec<Vec<u32>>,
    /// What is reached from outside and through tables.
    roots: Vec<u32>,
}

impl<'a> Functions<'a> {
    fn read(module: &'a [u8]) -> wasmparser::Result<Self> {
        let mut all = Self {
            imports: 0,
            types: Vec::new(),
            bodies: Vec::new(),
            calls: Vec::new(),
            roots: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let is_function = matches!(import?.ty, wasmparser::TypeRef::Func(_));
                        all.imports += u32::from(is_function);
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        all.types.push(ty?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            all.roots.push(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => all.roots.push(func),
                Payload::ElementSection(section) => {
                    for element in section {
                        all.elements(element?.items)?;
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    all.calls.push(calls(&body)?);
                    all.bodies.push(body);
                }
                _ => {}
            }
        }
        Ok(all)
    }

    fn elements(&mut self, items: ElementItems<'_>) -> wasmparser::Result<()> {
        match items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    self.roots.push(function?);
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    for operator in expression?.get_operators_reader() {
                        if let Operator::RefFunc { function_index } = operator? {
                            self.roots.push(function_index);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn own(&self, function: u32) -> Option<usize> {
        usize::try_from(function.checked_sub(self.imports)?).ok()
    }

    /// From how many places each of its own functions is called or named, by those that are reached.
    fn uses(&self) -> Vec<u32> {
        let mut uses = vec![0_u32; self.bodies.len()];
        let mut due = self.roots.clone();
        while let Some(function) = due.pop() {
            let place = self.own(function);
            let Some((place, used)) = place.and_then(|place| Some((place, uses.get_mut(place)?)))
            else {
                continue;
            };
            *used += 1;
            if *used == 1 {
                due.extend(self.calls.get(place).into_iter().flatten());
            }
        }
        uses
    }

    /// Which of its functions stay, and where all go.
    fn kept(&self) -> Kept {
        let uses = self.uses();
        let mut first = HashMap::new();
        let mut same: Vec<usize> = Vec::new();
        let mut sums: Vec<(u32, usize)> = Vec::new();
        for (place, (body, ty)) in self.bodies.iter().zip(&self.types).enumerate() {
            let used = uses.get(place).copied().unwrap_or(0);
            // What nothing reaches stands for nothing: no number of it is left.
            let stands = match used {
                0 => place,
                _ => *first.entry((*ty, body.as_bytes())).or_insert(place),
            };
            same.push(stands);
            sums.push((0, place));
            if let Some((sum, _)) = sums.get_mut(stands) {
                *sum += used;
            }
        }
        sums.retain(|(sum, _)| *sum > 0);
        let short = usize::try_from(SHORT.saturating_sub(self.imports)).unwrap_or(0);
        sums.sort_by_key(|(sum, place)| (std::cmp::Reverse(*sum), *place));
        if let Some(rest) = sums.get_mut(short..) {
            rest.sort_by_key(|(_, place)| *place);
        }
        let order: Vec<usize> = sums.into_iter().map(|(_, place)| place).collect();
        let mut numbers = vec![u32::MAX; self.bodies.len()];
        for (number, place) in (self.imports..).zip(&order) {
            if let Some(slot) = numbers.get_mut(*place) {
                *slot = number;
            }
        }
        let numbers = same
            .iter()
            .map(|place| numbers.get(*place).copied().unwrap_or(u32::MAX))
            .collect();
        Kept {
            imports: self.imports,
            numbers,
            order,
        }
    }
}

fn calls(body: &FunctionBody<'_>) -> wasmparser::Result<Vec<u32>> {
    let mut calls = Vec::new();
    for operator in body.get_operators_reader()? {
        if let Operator::Call { function_index } | Operator::RefFunc { function_index } = operator?
        {
            calls.push(function_index);
        }
    }
    Ok(calls)
}

/// Writes a module with some of its functions.
struct Kept {
    imports: u32,
    /// For each function that the module had, its number now.
    numbers: Vec<u32>,
    /// Those that stay, in their order.
    order: Vec<usize>,
}

impl Reencode for Kept {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(match function.checked_sub(self.imports) {
            Some(own) => {
                let place = usize::try_from(own).unwrap_or(usize::MAX);
                self.numbers.get(place).copied().unwrap_or(u32::MAX)
            }
            None => function,
        })
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for place in &self.order {
            functions.function(types.get(*place).copied().unwrap_or(u32::MAX));
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let bodies = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for place in std::mem::take(&mut self.order) {
            if let Some(body) = bodies.get(place) {
                self.parse_function_body(code, body.clone())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Vec<u8> {
        once(wat::parse_str(text).unwrap()).unwrap()
    }

    #[test]
    fn what_is_alike_stands_there_once_and_what_is_not_called_nowhere() {
        let module = made(
            "(module
                (import \"host\" \"f\" (func $f (param i32) (result i32)))
                (table funcref (elem $in_table $twin))
                (func $unused (result i32) (call $also_unused))
                (func $also_unused (result i32) (i32.const 7))
                (func $one (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
                (func $other (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
                (func $calls_one (export \"a\") (result i32) (call $one (i32.const 5)))
                (func $calls_other (export \"b\") (result i32) (call $other (i32.const 5)))
                (func $differs (export \"c\") (result i32) (call $other (i32.const 6)))
                (func $in_table (param i64) (result i64) (local.get 0))
                (func $twin (param i64) (result i64) (local.get 0)))",
        );
        let expected = wat::parse_str(
            "(module
                (import \"host\" \"f\" (func $f (param i32) (result i32)))
                (table funcref (elem $in_table $in_table))
                (func $one (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
                (func $calls_one (export \"a\") (export \"b\") (result i32) (call $one (i32.const 5)))
                (func $in_table (param i64) (result i64) (local.get 0))
                (func $differs (export \"c\") (result i32) (call $one (i32.const 6))))",
        )
        .unwrap();
        assert_eq!(functions(&module), functions(&expected));
    }

    /// The types and bodies of functions, in no order.
    fn functions(module: &[u8]) -> Vec<(String, usize)> {
        let functions = Functions::read(module).unwrap();
        let mut all: Vec<(String, usize)> = functions
            .bodies
            .iter()
            .zip(&functions.calls)
            .map(|(body, calls)| {
                let operators = body.get_operators_reader().unwrap();
                let operators = operators
                    .into_iter()
                    .map(Result::unwrap)
                    .filter(|operator| !matches!(operator, Operator::Call { .. }));
                (format!("{:?}", operators.collect::<Vec<_>>()), calls.len())
            })
            .collect();
        all.sort();
        all
    }

    #[test]
    fn alike_but_for_the_type_is_not_alike() {
        let module = made(
            "(module
                (func (export \"a\") (param i32) (unreachable))
                (func (export \"b\") (param i64) (unreachable)))",
        );
        assert_eq!(functions(&module).len(), 2);
    }

    #[test]
    fn what_is_called_most_has_the_shortest_number() {
        let rare: String = (0..200)
            .map(|number| format!("(func (export \"{number}\") (result i32) (i32.const {number}))"))
            .collect();
        let calls = "(drop (call $often))".repeat(9);
        let module = made(&format!(
            "(module {rare} (func $often (result i32) (i32.const 999)) (func (export \"x\") {calls}))"
        ));
        let functions = Functions::read(&module).unwrap();
        assert_eq!(functions.bodies.len(), 202);
        assert!(functions.calls.iter().flatten().all(|number| *number == 0));
    }
}
