"""Marks at the statements of a function, so that a fault is tried only by tests that execute its statement."""
from .tokens import ends_condition, matching, tokens_of

COMPOUND = ("if", "for", "while", "switch", "do", "{")


class Mark:
    """Stands at octet `at` of the body; what is executed until `until` was executed only if the mark was. A wrapped statement gets braces."""

    def __init__(self, at, until, wrapped):
        self.at, self.until, self.wrapped = at, until, wrapped


def opening_of(tokens, closing):
    depth = 0
    for j in range(closing, -1, -1):
        depth += (tokens[j].text in (")", "}")) - (tokens[j].text in ("(", "{"))
        if depth == 0:
            return j
    return 0


def is_block(tokens, k):
    """Is the brace at k a block, not an initialiser?"""
    before = tokens[k - 1].text if k > 0 else ";"
    if before == ")":
        j = opening_of(tokens, k - 1)
        return j > 0 and tokens[j - 1].text in ("if", "for", "while", "switch")
    if before == "{":
        return is_block(tokens, k - 1)
    return before in (";", "}", "else", "do", ":")


def closes_type(tokens, closing):
    """Is the brace at `closing` the end of a structure's members, which a declarator follows?"""
    j = opening_of(tokens, closing)
    return any(t.text in ("struct", "union", "enum") for t in tokens[max(j - 2, 0):j])


def ends_label(tokens, colon):
    for j in range(colon - 1, -1, -1):
        if tokens[j].text in ("case", "default"):
            return True
        if tokens[j].text in (";", "{", "}", "?"):
            return False
    return False


def blocks_of(tokens, end):
    """[(index of the first token, octet where it ends)]: the body, and each block in it."""
    blocks = [(0, end)]
    for k, t in enumerate(tokens):
        if t.text == "{" and t.kind == "sign" and is_block(tokens, k):
            blocks.append((k + 1, tokens[matching(tokens, k)].at))
    return blocks


def statement_end(tokens, k):
    """Index of the semicolon that ends the simple statement at k."""
    while tokens[k].text != ";":
        k = matching(tokens, k) + 1 if tokens[k].text in ("(", "[", "{") else k + 1
    return k


def of_block(tokens, first, until):
    marks, k, in_do = [], first, False
    while k < len(tokens) and tokens[k].at < until:
        t, before = tokens[k].text, tokens[k - 1].text if k > first else ";"
        starts = before == ";" or before == "}" and not closes_type(tokens, k - 1) or before == ":" and ends_label(tokens, k - 1)
        begins = tokens[k].kind == "name" and t not in ("case", "default", "else") or t in ("*", "(", "++", "--", "{")
        if starts and begins and not (in_do and t == "while"):
            marks.append(Mark(tokens[k].at, until, False))
        in_do = t == "do" or in_do and t != "while"
        inside = t in ("(", "[") or t == "{"
        k = matching(tokens, k) + 1 if inside else k + 1
    return marks


def alone(tokens, k):
    """The mark of a simple statement at k that stands without braces under a condition."""
    end = tokens[statement_end(tokens, k)].end
    return Mark(tokens[k].at, end, True)


def marks_of(body):
    tokens = tokens_of(body)
    if not tokens:
        return []
    marks = [m for first, until in blocks_of(tokens, len(body)) for m in of_block(tokens, first, until)]
    for k in range(1, len(tokens)):
        follows = tokens[k - 1].text == "else" or tokens[k - 1].text == ")" and ends_condition(tokens, k - 1)
        if follows and tokens[k].text not in COMPOUND and tokens[k].text != ";":
            marks.append(alone(tokens, k))
    return sorted(marks, key=lambda m: m.at)


def is_label(body, at):
    """Is octet `at` within `case X:`?"""
    begin = max(body.rfind(c, 0, at) for c in ";{}")
    words = body[begin + 1:at].split()
    return bool(words) and words[0] == "case" and ":" not in body[begin + 1:at]


def mark_for(body, marks, at):
    """Index of the mark that is executed before anything of octet `at` is; None: only the function's entry is known."""
    if is_label(body, at):
        return None
    here = [k for k, m in enumerate(marks) if m.at <= at < m.until]
    return here[-1] if here else None


def with_marks(body, marks, first_place):
    """The body with a note at each mark; places are numbered from first_place."""
    edits = []
    for k, m in enumerate(marks):
        note = "mutant_reached[%d] = 1; " % (first_place + k)
        edits.append((m.at, 1, "{ " + note if m.wrapped else note))
        if m.wrapped:
            edits.append((m.until, 0, " }"))
    for at, _, text in sorted(edits, reverse=True):
        body = body[:at] + text + body[at:]
    return body
