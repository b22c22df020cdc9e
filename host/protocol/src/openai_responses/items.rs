//! What is read of each kind of item, and how.

use caponier_core::GapKind;

/// How a field of an item is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// What a message says: a string, or parts.
    Content,
    /// What the model thought: parts.
    Reasoning,
    /// What a tool is called with: JSON, or a string of it.
    Arguments,
    /// What a tool is called with: a text.
    Input,
    /// What a tool said: a string, parts, or objects with strings.
    Result,
    /// What a search found.
    Documents,
    /// Definitions of tools.
    Tools,
    /// Something with descriptions in it.
    Schema,
    /// What the user said to a question.
    Reply,
    /// What cannot be looked into.
    Opaque(GapKind),
}

/// A kind of item.
pub(super) struct Item {
    /// Its `type`.
    pub(super) kind: &'static str,
    /// The tool that it is about, where it does not say.
    pub(super) tool: Option<&'static str>,
    /// The fields that hold more than ids and words.
    pub(super) fields: &'static [(&'static str, Way)],
}

impl Item {
    /// Whether it calls a tool.
    pub(super) fn calls(&self) -> bool {
        let is_call = |(_, way): &(_, Way)| matches!(way, Way::Arguments | Way::Input);
        self.fields.iter().any(is_call)
    }
}

/// The kind of item with this `type`.
pub(super) fn of(kind: &str) -> Option<&'static Item> {
    ITEMS.iter().find(|item| item.kind == kind)
}

const fn item(kind: &'static str, fields: &'static [(&'static str, Way)]) -> Item {
    Item {
        kind,
        tool: None,
        fields,
    }
}

const fn tool(
    kind: &'static str,
    tool: &'static str,
    fields: &'static [(&'static str, Way)],
) -> Item {
    Item {
        kind,
        tool: Some(tool),
        fields,
    }
}

const SEALED: Way = Way::Opaque(GapKind::Unrecognized);
const IMAGE: Way = Way::Opaque(GapKind::Image);

/// Every kind of item.
#[rustfmt::skip]
pub(super) const ITEMS: &[Item] = &[
    item("message", &[("content", Way::Content)]),
    item("reasoning", &[("summary", Way::Reasoning), ("content", Way::Reasoning), ("encrypted_content", SEALED)]),
    item("function_call", &[("arguments", Way::Arguments)]),
    item("function_call_output", &[("output", Way::Result)]),
    item("custom_tool_call", &[("input", Way::Input)]),
    item("custom_tool_call_output", &[("output", Way::Result)]),
    item("mcp_call", &[("arguments", Way::Arguments), ("output", Way::Result), ("error", Way::Result)]),
    item("mcp_list_tools", &[("tools", Way::Tools), ("error", Way::Result)]),
    item("mcp_approval_request", &[("arguments", Way::Arguments)]),
    item("mcp_approval_response", &[("reason", Way::Reply)]),
    item("additional_tools", &[("tools", Way::Tools)]),
    item("configuration_update", &[("text", Way::Schema)]),
    item("compaction", &[("encrypted_content", SEALED)]),
    item("compaction_trigger", &[]),
    item("item_reference", &[("id", SEALED)]),
    tool("tool_search_call", "tool_search", &[("arguments", Way::Arguments)]),
    tool("tool_search_output", "tool_search", &[("tools", Way::Tools)]),
    tool("file_search_call", "file_search", &[("queries", Way::Arguments), ("results", Way::Documents)]),
    tool("web_search_call", "web_search", &[("action", Way::Arguments)]),
    tool("computer_call", "computer", &[("action", Way::Arguments), ("actions", Way::Arguments), ("pending_safety_checks", Way::Result)]),
    tool("computer_call_output", "computer", &[("output", Way::Result), ("acknowledged_safety_checks", Way::Result)]),
    tool("code_interpreter_call", "code_interpreter", &[("code", Way::Input), ("outputs", Way::Result)]),
    tool("image_generation_call", "image_generation", &[("revised_prompt", Way::Input), ("result", IMAGE), ("error", Way::Result)]),
    tool("local_shell_call", "local_shell", &[("action", Way::Arguments)]),
    tool("local_shell_call_output", "local_shell", &[("output", Way::Result)]),
    tool("shell_call", "shell", &[("action", Way::Arguments), ("environment", Way::Schema)]),
    tool("shell_call_output", "shell", &[("output", Way::Result)]),
    tool("apply_patch_call", "apply_patch", &[("operation", Way::Arguments)]),
    tool("apply_patch_call_output", "apply_patch", &[("output", Way::Result)]),
    tool("program", "program", &[("code", Way::Input)]),
    tool("program_output", "program", &[("result", Way::Result)]),
];
