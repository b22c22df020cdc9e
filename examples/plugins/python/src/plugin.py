"""Finds ICD-10-CM diagnosis codes, and tells them from vitamins, gates and versions."""

import re
from dataclasses import dataclass

from caponier_sdk import Call, Data, Error, Manifest, Plugin, Report, Rule, Segment, Severity, hold, setting

from codes import LONGEST, PATTERN, exists

MEDICAL = (
    "icd", "icd-10", "icd-10-cm", "dx", "diagnosis", "diagnoses", "diagnosed", "diagnostic", "patient",
    "patients", "coded", "comorbidity", "comorbidities", "encounter", "admitted", "discharge",
    "discharged", "symptoms", "treated", "disorder", "syndrome", "diabetes", "hypertension", "fracture",
    "diagnose", "diagnosen", "patientin", "befund", "anamnese", "entlassung",
)  # fmt: skip
OTHERWISE = (
    "vitamin", "vitamins", "vitamine", "gate", "seat", "flight", "room", "version", "model", "highway",
    "route", "exit", "paper", "battery", "cell", "column", "sheet", "airbus", "boeing", "bus", "line",
    "raum", "zimmer", "sitz", "linie", "autobahn",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What the operator may set."""

    context: int = setting(48, "How many characters around a code are searched for medical words: 8 to 200.")
    words: list[str] = setting([], "More words that make a code medical.")
    ignore: list[str] = setting([], "Codes that are no secret, by their beginning: Z, Z00.")


class DiagnosisCodes(Plugin[Settings]):
    """A code with detail is one by its form; a bare category such as B12 needs a medical word near it."""

    settings = Settings

    @classmethod
    def manifest(cls, settings: Settings) -> Manifest:
        # A character is at most four bytes.
        window = 4 * (2 * settings.context + LONGEST + 2)
        rule = Rule("diagnosis-code", "Diagnosis code (ICD-10-CM)", Severity.HIGH, "LLM02:2025", window)
        return Manifest("diagnosis-codes", "1.0.0", "ICD-10-CM diagnosis codes in their context.", [rule])

    def configure(self, settings: Settings, data: Data) -> None:
        if not 8 <= settings.context <= 200:
            raise Error("settings.context: it is out of range\nhint: choose from 8 to 200 characters")
        if not all(word.strip() for word in settings.words):
            raise Error("settings.words: a word is empty\nhint: remove it")
        if not all(settings.ignore):
            raise Error("settings.ignore: a beginning is empty and would ignore all codes\nhint: remove it")
        self.context = settings.context
        self.ignore = tuple(settings.ignore)
        self.medical = _words((*MEDICAL, *settings.words))
        self.otherwise = _words(OTHERWISE)

    def inspect(self, call: Call, report: Report) -> None:
        for segment in call.segments:
            self._look(segment, report)

    def _look(self, segment: Segment, report: Report) -> None:
        text = segment.text
        for match in PATTERN.finditer(text):
            start, end = match.span()
            # What follows may still tell what the code is.
            if segment.is_open and end + self.context >= len(text):
                report.hold(segment, start)
            code = match.group()
            if not exists(match["category"]) or (self.ignore and code.startswith(self.ignore)):
                continue
            confidence = self._confidence(text, start, end, match["detail"] is not None)
            if confidence:
                report.finding("diagnosis-code", segment).at(start, end).confidence(confidence)
        growing = hold.from_tail(segment, LONGEST, lambda sign: sign.isalnum() or sign == ".")
        if growing is not None:
            report.hold(segment, growing)

    def _confidence(self, text: str, start: int, end: int, detailed: bool) -> float:
        before = text[max(0, start - self.context) : start]
        after = text[end : end + self.context]
        medical = bool(self.medical.search(before) or self.medical.search(after))
        # "Vitamin B12" is one whatever the rest of the sentence says.
        if self.otherwise.search(before[-24:]) or self.otherwise.search(after[:12]):
            return 0.3 if detailed and medical else 0.0
        if detailed:
            return 0.95 if medical else 0.6
        return 0.75 if medical else 0.0


def _words(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(re.escape(word) for word in words)})\b", re.IGNORECASE)
