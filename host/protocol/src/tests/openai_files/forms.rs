//! Forms: read in one way, or refused.

use caponier_core::{SegmentEdit, Span};
use proptest::prelude::*;

use super::{BOUNDARY, form, read};
use crate::tests::{gaps, lines, redact};
use crate::{EditError, Format, Limits};

#[test]
fn a_text_is_a_document() {
    let whole = form(
        "user_data",
        "notes.md",
        "text/markdown",
        "Mail a@b.c — now.\r\n".as_bytes(),
    );
    let parsed = read(&whole).unwrap();
    let said = [r#"0 prompt document document <notes.md>: "Mail a@b.c — now.\r\n""#];
    assert_eq!(lines(parsed.segments()), said);
    assert!(parsed.gaps().is_empty());
    let edits = redact(parsed.segments(), "a@b.c", "\"e\"");
    let out = parsed.edited(&edits, &[], &[], &[]).unwrap();
    let expected = String::from_utf8(whole).unwrap().replace("a@b.c", "\"e\"");
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn what_is_no_text_or_says_so_is_a_gap() {
    for (kind, content, count) in [
        ("application/octet-stream", &b"\xFF\xFEa\0"[..], 0),
        ("application/octet-stream", b"a\0b", 1),
        ("application/octet-stream", b"%PDF-1.7 all of it ASCII", 1),
        ("application/pdf", b"words", 1),
        ("text/plain; charset=utf-16", b"words", 1),
        ("text/plain; charset*=utf-16''", b"words", 1),
        ("image/svg+xml", b"<svg/>", 1),
    ] {
        let whole = form("assistants", "x.bin", kind, content);
        let parsed = read(&whole).unwrap();
        assert_eq!(gaps(parsed.gaps()), ["file file"], "{kind}");
        assert_eq!(parsed.segments().len(), count, "{kind}");
        assert_eq!(parsed.edited(&[], &[], &[], &[]).unwrap(), whole);
    }
    for kind in [
        "text/plain",
        "application/json",
        "text/csv; charset=utf-8",
        "application/jsonl",
    ] {
        let parsed = read(&form("vision", "x.txt", kind, b"a b")).unwrap();
        assert!(parsed.gaps().is_empty(), "{kind}");
    }
    let rows = read(&form("batch", "x.jsonl", "text/plain", b"\xFF"));
    assert!(rows.unwrap_err().to_string().starts_with("file: not UTF-8"));
}

#[test]
fn the_name_of_a_file_is_text_that_stays_a_name() {
    let parsed = read(&form("user_data", "to a@b.c.txt", "text/plain", b"x")).unwrap();
    let said = r#"0 prompt document other field=filename: "to a@b.c.txt""#;
    assert_eq!(lines(parsed.segments())[0], said);
    let edits = redact(parsed.segments(), "a@b.c", "\"\r\n/e");
    let out = parsed.edited(&edits, &[], &[], &[]).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("filename=\"to __e.txt\"\r\n"), "{out}");
}

#[test]
fn other_parts_are_looked_into() {
    let more = |name: &str, value: &str| {
        let whole = String::from_utf8(form("user_data", "x", "text/plain", b"x")).unwrap();
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        read((part + &whole).as_bytes())
    };
    assert!(
        more("expires_after[seconds]", "3600")
            .unwrap()
            .gaps()
            .is_empty()
    );
    let parsed = more("note", "a b").unwrap();
    assert_eq!(gaps(parsed.gaps()), ["unrecognized note"]);
    assert_eq!(
        lines(parsed.segments())[0],
        r#"0 prompt other other field=form: "a b""#
    );
    for name in ["purpose", "file", "File", "PURPOSE", "_charset_", "fıle"] {
        assert!(more(name, "x").is_err(), "{name}");
    }
}

#[test]
fn an_edit_does_not_make_another_form() {
    // What stands around a value becomes a boundary, were the value to go.
    let content = format!("a\r\n--{}SECRET{}--\r\n", &BOUNDARY[..9], &BOUNDARY[9..]);
    let whole = form("user_data", "x.txt", "text/plain", content.as_bytes());
    let parsed = read(&whole).unwrap();
    let edits = redact(parsed.segments(), "SECRET", "");
    assert_eq!(parsed.edited(&edits, &[], &[], &[]), Err(EditError::Form));
    let edit = SegmentEdit {
        segment: 0,
        span: Span::new(0, 1),
        replacement: format!(
            "\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch"
        ),
    };
    let parsed = read(&whole).unwrap();
    assert_eq!(parsed.edited(&[edit], &[], &[], &[]), Err(EditError::Form));
}

#[test]
fn what_readers_of_forms_could_take_differently_is_refused() {
    let fine = String::from_utf8(form("batch", "x.jsonl", "text/plain", b"")).unwrap();
    assert!(read(fine.as_bytes()).is_ok());
    let file = "name=\"file\"; filename=\"x.jsonl\"";
    let purpose = "Content-Disposition: form-data; name=\"purpose\"";
    let mark = format!("--{BOUNDARY}");
    for (from, to) in [
        // Text around the parts, and boundaries that only some take for one.
        (mark.as_str(), format!("preamble\r\n{mark}")),
        (mark.as_str(), format!("\r\n{mark}")),
        ("--\r\n", "--\r\nepilogue".to_owned()),
        ("--\r\n", "--\r\n\r\n".to_owned()),
        ("--\r\n", "--\n".to_owned()),
        ("--\r\n", String::new()),
        ("batch\r\n", "batch\n".to_owned()),
        ("batch\r\n", format!("batch\n{mark}\r\n")),
        ("batch\r\n", format!("x{mark}\r\n")),
        ("batch\r\n--", "batch\r\n --".to_owned()),
        (
            "3e\r\nContent-Disposition: form-data; name=\"file\"",
            "3e \r\nContent-Disposition: form-data; name=\"file\"".to_owned(),
        ),
        (
            "3e\r\nContent-Disposition: form-data; name=\"file\"",
            "3e0\r\nContent-Disposition: form-data; name=\"file\"".to_owned(),
        ),
        // Headers.
        (purpose, format!("{purpose}\r\n folded: x")),
        (purpose, format!("{purpose}; x=\r\n\t\"y\"")),
        (purpose, format!("{purpose}\r\n{purpose}")),
        (purpose, format!("{purpose}\nX: y")),
        (purpose, "Content-Type: text/plain".to_owned()),
        (
            purpose,
            format!("{purpose}\r\nContent-Transfer-Encoding: base64"),
        ),
        (purpose, format!("{purpose}\r\nContent-Length: 3")),
        (purpose, format!("{purpose}\r\nContent-Encoding: gzip")),
        (purpose, purpose.replace("form-data", "attachment")),
        (purpose, purpose.replace(": form", " : form")),
        // Names.
        ("name=\"purpose\"", "name=purpose".to_owned()),
        ("name=\"purpose\"", "name='purpose'".to_owned()),
        ("name=\"purpose\"", "name=\"pur\\pose\"".to_owned()),
        (
            "name=\"purpose\"",
            "name=\"purpose\"; name=\"file\"".to_owned(),
        ),
        ("name=\"purpose\"", "name*=utf-8''purpose".to_owned()),
        ("name=\"purpose\"", "name=\"file\"".to_owned()),
        ("name=\"purpose\"", "name=\"Purpose\"".to_owned()),
        (
            "name=\"purpose\"",
            "name=\"purpose\"; filename=\"p\"".to_owned(),
        ),
        ("name=\"purpose\"", "name=\"\"".to_owned()),
        ("name=\"purpose\"", "filename=\"p\"".to_owned()),
        (file, "name=\"file\"".to_owned()),
        (file, format!("{file}; filename=\"y\"")),
        (file, format!("{file}; filename*=utf-8''y.exe")),
        (file, file.replace("x.j", "../x.j")),
        (file, file.replace("x.j", "a\\\"b")),
        (file, file.replace("x.j", "a\0b")),
        (file, format!("{file} ; x=\"y\"")),
        (file, format!("{file};")),
        // What the file is for.
        ("batch\r\n", "Batch\r\n".to_owned()),
        ("batch\r\n", "batch \r\n".to_owned()),
        ("batch\r\n", "\r\n".to_owned()),
    ] {
        let odd = fine.replacen(from, &to, 1);
        assert_ne!(odd, fine);
        // What stands at the end is to be changed there.
        let odd = match from {
            "--\r\n" => fine.strip_suffix("--\r\n").unwrap().to_owned() + &to,
            _ => odd,
        };
        assert!(read(odd.as_bytes()).is_err(), "{odd:?}");
    }
}

#[test]
fn only_a_plain_content_type_is_read() {
    let body = form("batch", "x.jsonl", "text/plain", b"");
    let read = |kind: &str| Format::OpenAiFiles.request_of(kind, body.clone(), &Limits::default());
    for kind in [
        format!("multipart/form-data; boundary={BOUNDARY}"),
        format!("Multipart/Form-Data;boundary=\"{BOUNDARY}\""),
    ] {
        assert!(read(&kind).is_ok(), "{kind}");
    }
    for kind in [
        String::new(),
        "multipart/form-data".to_owned(),
        "application/json".to_owned(),
        "text/plain".to_owned(),
        format!("multipart/mixed; boundary={BOUNDARY}"),
        "multipart/form-data; boundary=other".to_owned(),
        "multipart/form-data; boundary=".to_owned(),
        format!("multipart/form-data; boundary={BOUNDARY}; boundary=x"),
        format!("multipart/form-data; boundary={BOUNDARY}; charset=utf-8"),
        format!("multipart/form-data; boundary=\"{BOUNDARY}"),
        format!("multipart/form-data; boundary*={BOUNDARY}"),
        format!("multipart/form-data; boundary={BOUNDARY}, text/plain"),
    ] {
        assert!(read(&kind).is_err(), "{kind}");
    }
    let body = r#"{"file_id": "file-1", "attributes": {"k": "a b"}}"#.as_bytes();
    let kind = "application/json; charset=utf-8";
    let added = Format::OpenAiFiles.request_of(kind, body.to_vec(), &Limits::default());
    let said = [r#"0 prompt other other field=form: "a b""#];
    assert_eq!(lines(added.unwrap().segments()), said);
}

proptest! {
    #[test]
    fn any_content_comes_out_as_it_went_in(content in proptest::collection::vec(any::<u8>(), 0..80), name in "[a-zA-Z é.]{1,9}") {
        let whole = form("user_data", &name, "text/plain", &content);
        let parsed = read(&whole).unwrap();
        for placed in parsed.segments().iter().filter(|placed| placed.segment.kind == caponier_core::Kind::Document) {
            prop_assert_eq!(placed.segment.text.as_bytes(), &content);
        }
        prop_assert_eq!(parsed.edited(&[], &[], &[], &[]).unwrap(), whole);
    }

    #[test]
    fn nothing_panics(cut in any::<prop::sample::Index>(), with in "[-\r\n\";:= a-z]{0,6}") {
        let mut whole = form("batch", "x.jsonl", "text/plain", b"{}");
        let at = cut.index(whole.len());
        whole.splice(at..(at + 3).min(whole.len()), with.bytes());
        let _ = read(&whole);
    }
}
