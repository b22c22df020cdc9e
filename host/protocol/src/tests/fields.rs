//! The table of fields that can hold text: each is what the table says of it, and never unseen. The
//! book shows the same table.

use serde_json::Value;

use super::openai_files;
use crate::{Format, Limits, Malformed, Request};

const TABLE: &str = include_str!("../../fields.json");

/// Every format with requests that can hold text.
const FORMATS: &[Format] = &[
    Format::OpenAiChat,
    Format::AnthropicMessages,
    Format::OpenAiCompletions,
    Format::OpenAiEmbeddings,
    Format::OpenAiResponses,
    Format::OllamaChat,
    Format::OllamaGenerate,
    Format::OllamaEmbed,
    Format::AnthropicBatches,
    Format::OpenAiBatches,
    Format::OpenAiFiles,
];

fn read(format: &Format, body: &Value) -> Result<Request, Malformed> {
    match format {
        Format::OpenAiFiles => openai_files::upload("batch", &body.to_string()),
        format => format.request(body.to_string().into_bytes(), &Limits::default()),
    }
}

/// What becomes of the text, in the table's words.
fn seen(format: &Format, body: &Value) -> String {
    let request = match read(format, body) {
        Ok(request) => request,
        Err(_) => return "refused".to_owned(),
    };
    let segment = request.segments().iter().find(|placed| {
        let segment = &placed.segment;
        segment.text.contains("MARK") && !segment.is_read_only()
    });
    let gap = request.gaps().first();
    match (segment, gap) {
        (Some(placed), gap) => {
            let (stage, segment) = (placed.stage, &placed.segment);
            let also = gap.map_or(String::new(), |gap| format!(", gap {}", gap.kind));
            format!("{stage} {} {}{also}", segment.role, segment.kind)
        }
        (None, Some(gap)) => format!("gap {}", gap.kind),
        (None, None) => "unseen".to_owned(),
    }
}

#[test]
fn every_field_is_what_the_table_says() {
    let table: Vec<Value> = serde_json::from_str(TABLE).unwrap();
    let mut wrong = Vec::new();
    for row in &table {
        let name = row["format"].as_str().unwrap();
        let format = FORMATS.iter().find(|format| format.as_str() == name);
        let seen = seen(format.unwrap(), &row["body"]);
        if row["seen"] != *seen || seen == "unseen" {
            wrong.push(format!(
                "{name} | {} = {seen}",
                row["field"].as_str().unwrap()
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_format_is_in_the_table() {
    let table: Vec<Value> = serde_json::from_str(TABLE).unwrap();
    for format in FORMATS {
        let rows = table.iter().filter(|row| row["format"] == format.as_str());
        assert!(rows.count() > 2, "{format:?}");
    }
}
