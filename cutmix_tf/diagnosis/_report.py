"""What was found, as values that print as lines."""

import dataclasses
from typing import Literal

Severity = Literal["error", "warning"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Attributes:
      severity: "error" if training would fail, or learn something other than intended; "warning" if it may.
      what: What is wrong, in a sentence.
      fix: What to write instead, in a sentence.
    """

    severity: Severity
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.what} {self.fix}"


@dataclasses.dataclass(frozen=True, repr=False)
class Report:
    """All that was found. Prints as a line for each finding.

    Attributes:
      findings: Errors first.
      checked: What was looked at, such as "4 batches and the model".
    """

    findings: tuple[Finding, ...]
    checked: str

    @property
    def ok(self) -> bool:
        """Whether there is no error; there may be warnings."""
        return all(finding.severity != "error" for finding in self.findings)

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings)) or f"No problems found in {self.checked}."

    __repr__ = __str__  # a notebook shows the report
