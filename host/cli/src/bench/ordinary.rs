//! What applications send of one length, in the kinds that it comes in: the average over them is what
//! a gateway is sized for, and what the slowest input is held against.

use super::statistics::median;
use super::texts::Texts;

type Write = fn(&mut Texts, &mut String);

/// The kinds, with what goes on with a text of each.
const KINDS: [(&str, Write); 8] = [
    ("prose", prose),
    ("other scripts", scripts),
    ("source code", code),
    ("records", records),
    ("table", table),
    ("log", log),
    ("mail", mail),
    ("page", page),
];

/// What texts of one length take on average, each kind as much as any other.
#[derive(Default)]
pub(super) struct Average {
    /// By kind, what each of its texts took.
    times: [Vec<f64>; KINDS.len()],
    next: usize,
}

impl Average {
    /// Adds what a text takes, of each kind in turn.
    pub(super) fn add<E>(
        &mut self,
        texts: &mut Texts,
        bytes: usize,
        time: impl FnOnce(String) -> Result<f64, E>,
    ) -> Result<(), E> {
        let kind = self.next % KINDS.len();
        self.next += 1;
        let took = time(ordinary(texts, kind, bytes))?;
        self.times
            .get_mut(kind)
            .into_iter()
            .for_each(|times| times.push(took));
        Ok(())
    }

    /// The average of what the kinds take.
    pub(super) fn value(self) -> f64 {
        let all = self.times.into_iter().zip(KINDS).map(|(times, (kind, _))| {
            let time = median(times);
            tracing::debug!(kind, time, "ordinary input");
            time
        });
        all.sum::<f64>() / KINDS.len() as f64
    }
}

/// A text of this many bytes, or very few less.
fn ordinary(texts: &mut Texts, kind: usize, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 1024);
    if let Some((_, write)) = KINDS.get(kind) {
        while text.len() < bytes {
            write(texts, &mut text);
        }
    }
    text.truncate(text.floor_char_boundary(bytes));
    text
}

fn prose(texts: &mut Texts, out: &mut String) {
    out.push_str(&texts.prose(1024));
}

/// Sentences in Cyrillic, Greek, Arabic, Devanagari, Hangul, Kana and Han.
fn scripts(texts: &mut Texts, out: &mut String) {
    const WORDS: &[&str] = &[
        "отчёт склад доставка клиент погода поезд мост музыка зима договор завод книга",
        "αναφορά αποθήκη πελάτης καιρός τρένο γέφυρα μουσική χειμώνας συμβόλαιο βιβλίο",
        "تقرير مستودع توصيل عميل طقس قطار جسر موسيقى شتاء عقد مصنع كتاب",
        "रिपोर्ट गोदाम ग्राहक मौसम रेलगाड़ी पुल संगीत सर्दी अनुबंध कारखाना किताब",
        "보고서 창고 배송 고객 날씨 기차 다리 음악 겨울 계약 공장 책",
        "レポート 倉庫 配達 天気 列車 音楽 契約 工場 小説 てがみ",
        "报告 仓库 送货 客户 天气 火车 桥梁 音乐 冬天 合同 工厂 小说",
    ];
    let language = WORDS.get(texts.below(WORDS.len())).copied();
    let words: Vec<&str> = language.unwrap_or_default().split(' ').collect();
    for place in 0..8 + texts.below(9) {
        if place > 0 {
            out.push(' ');
        }
        out.push_str(words.get(texts.below(words.len())).copied().unwrap_or(""));
    }
    out.push_str(". ");
}

fn code(texts: &mut Texts, out: &mut String) {
    let [name, first, second, field] = [(); 4].map(|()| texts.word());
    let (start, step) = (texts.below(1000), texts.below(50));
    out.push_str(&match texts.below(3) {
        0 => format!(
            "def {name}_{start}({first}, {second}=None):\n    \"\"\"The {field} of a {first}.\"\"\"\n    if not {first}:\n        raise ValueError(f\"no {first}: {{{first}!r}}\")\n    return [{field}.{second} for {field} in {first} if {field}.{name} > {step}]\n\n"
        ),
        1 => format!(
            "export async function {name}{start}({first}) {{\n  const {second} = await load(`/{field}/${{{first}.id}}`, {{ limit: {step} }});\n  return {second}.map(({field}) => ({{ ...{field}, {name}: {start} }}));\n}}\n\n"
        ),
        _ => format!(
            "/// The {field} of a {first}.\npub fn {name}_{start}(&self, {first}: &[u8]) -> Result<Vec<{step}>, Error> {{\n    let {second} = self.{field}.get({start}..).ok_or(Error::{name})?;\n    Ok({second}.iter().filter(|{field}| {field}.{name} != 0x{start:x}).collect())\n}}\n\n"
        ),
    });
}

fn records(texts: &mut Texts, out: &mut String) {
    let (person, moment) = (person(texts), moment(texts));
    let [city, item, state] = [(); 3].map(|()| texts.word());
    let (id, amount, count) = (
        texts.below(1_000_000),
        texts.below(100_000),
        texts.below(40),
    );
    out.push_str(&format!(
        "{{\"id\": {id}, \"customer\": {{\"name\": \"{name}\", \"email\": \"{mail}\", \"city\": \"{city}\"}}, \"created\": \"{moment}Z\", \"items\": [{{\"sku\": \"{item}-{count}\", \"count\": {count}, \"price\": {}.{:02}}}], \"state\": \"{state}\"}},\n",
        amount / 100,
        amount % 100,
        name = person.0,
        mail = person.1,
    ));
}

fn table(texts: &mut Texts, out: &mut String) {
    let moment = moment(texts);
    let [product, place] = [(); 2].map(|()| texts.word());
    let (count, price, share) = (texts.below(500), texts.below(100_000), texts.below(1000));
    out.push_str(&format!(
        "{date},{place},{product},{count},{}.{:02},{}.{} %\n",
        price / 100,
        price % 100,
        share / 10,
        share % 10,
        date = moment.get(..10).unwrap_or_default(),
    ));
}

fn log(texts: &mut Texts, out: &mut String) {
    let moment = moment(texts);
    let [name, path, what] = [(); 3].map(|()| texts.word());
    let (id, took, host) = (texts.below(100_000), texts.below(900), texts.below(250));
    out.push_str(&match texts.below(4) {
        0 => format!("{moment}.{took:03}Z WARN  {name}: {what} {path} took {took} ms, retry {}\n", took % 5),
        _ => format!(
            "{moment}.{took:03}Z INFO  {name}: GET /{path}/{id}?limit={host} 200 {took}ms client=192.0.2.{host} request={:016x}\n",
            texts.below(usize::MAX)
        ),
    });
}

fn mail(texts: &mut Texts, out: &mut String) {
    let (from, to, moment) = (person(texts), person(texts), moment(texts));
    let [about, of] = [(); 2].map(|()| texts.word());
    let text = texts.prose(700);
    out.push_str(&format!(
        "From: {} <{}>\nTo: {} <{}>\nDate: {moment}\nSubject: {about} of the {of}\n\n{text}\n\nBest regards\n{name}\n+49 30 {}\n\n> ",
        from.0,
        from.1,
        to.0,
        to.1,
        1_000_000 + texts.below(8_000_000),
        name = from.0,
    ));
}

fn page(texts: &mut Texts, out: &mut String) {
    let [title, first, second, third] = [(); 4].map(|()| texts.word());
    let (number, other) = (texts.below(100), texts.below(1000));
    let text = texts.prose(400);
    out.push_str(&format!(
        "## {title} and {first}\n\n{text}\n\n* **{second}**: see [{third}](https://docs.example.com/{first}/{second}#{third})\n* `{title} --{first} {number}`\n\n| {first} | {second} |\n|---|---|\n| {third} | {number}.{other} |\n\n"
    ));
}

/// A name and an address.
fn person(texts: &mut Texts) -> (String, String) {
    let (first, last) = (texts.word(), texts.word());
    let number = texts.below(90);
    (
        format!("{} {}", capital(first), capital(last)),
        format!("{first}.{last}{number}@{last}-mail.org"),
    )
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// A date and a time of day.
fn moment(texts: &mut Texts) -> String {
    let [month, day, hour, minute, second] = [12, 28, 24, 60, 60].map(|bound| texts.below(bound));
    format!(
        "2026-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}",
        month + 1,
        day + 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_text_of_every_kind_and_length() {
        let mut texts = Texts::new(2);
        for kind in 0..KINDS.len() {
            for bytes in [100, 4096, 65_536] {
                let text = ordinary(&mut texts, kind, bytes);
                assert!(text.len() <= bytes && text.len() + 4 > bytes);
            }
        }
    }
}
