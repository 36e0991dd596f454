"""C sources cut into functions, as .clang-format lays them out: a function's brace stands alone in the first column."""
import re

IDENTIFIER = r"[A-Za-z_]\w*"


class Function:
    """One function: `head` is its signature's lines, `body` what stands between the braces; `line` is where body begins."""

    def __init__(self, lines, head_at, brace_at, end_at):
        self.head = lines[head_at:brace_at]
        self.body = lines[brace_at + 1:end_at]
        self.head_at, self.end_at, self.line = head_at, end_at, brace_at + 2
        signature = " ".join(l.strip() for l in self.head)
        opening = parameters_at(signature)
        self.before, self.parameters = signature[:opening].rstrip(), signature[opening:]
        self.name = re.search(IDENTIFIER + "$", self.before).group()
        self.returns = self.before[:-len(self.name)].strip()

    def arguments(self):
        """The names of the parameters, to pass them on; None where `...` cannot be."""
        inside = self.parameters[1:-1].strip()
        if inside in ("void", ""):
            return []
        names = [parameter_name(p) for p in split_commas(inside)]
        return None if None in names else names

    def is_void(self):
        return re.sub(r"\b(static|inline)\b|__attribute__\(\(.*?\)\)", "", self.returns).strip() == "void"


def parameters_at(signature):
    """Where the parenthesis opens that the signature's last one closes."""
    depth = 0
    for at in range(len(signature) - 1, -1, -1):
        depth += (signature[at] == ")") - (signature[at] == "(")
        if depth == 0:
            return at
    raise ValueError("no parameters: " + signature)


def split_commas(text):
    parts, depth = [""], 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return parts


def parameter_name(declaration):
    pointer_to_function = re.search(r"\(\*(%s)" % IDENTIFIER, declaration)
    if pointer_to_function:
        return pointer_to_function.group(1)
    plain = re.search("(%s)$" % IDENTIFIER, re.sub(r"\[.*?\]", "", declaration).strip())
    return plain.group(1) if plain else None


def split(text):
    """The lines of a file, and its functions in order."""
    lines, functions = text.split("\n"), []
    for at, line in enumerate(lines):
        if line != "{":
            continue
        head = at
        while head > 0 and not re.search(r"^$|^#|[;}\\]$|\*/$", lines[head - 1]):
            head -= 1
        end = lines.index("}", at)
        functions.append(Function(lines, head, at, end))
    return lines, functions


def outside(lines, functions):
    """The file without its functions' bodies: what must be the same for a change to be one of functions."""
    kept, at = [], 0
    for f in functions:
        kept += lines[at:f.line - 1] + ["\0"]
        at = f.end_at
    return kept + lines[at:]


def changed_functions(original, changed):
    """{index of a function: its changed body}, or None when something else than bodies differs."""
    (lines, before), (other_lines, after) = split(original), split(changed)
    if outside(lines, before) != outside(other_lines, after):
        return None
    return {k: g.body for k, (f, g) in enumerate(zip(before, after)) if f.body != g.body}
