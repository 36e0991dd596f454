"""One-token faults in the body of a function."""
import re
from . import csource

TOKEN = re.compile(r"""
    (?P<space>\s+|/\*.*?\*/|//[^\n]*) | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*') | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*) |
    (?P<name>[A-Za-z_]\w*) | (?P<sign><<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!<>=?:;,.(){}\[\]])""",
                   re.VERBOSE | re.DOTALL)

# What takes the place of a sign between two operands.
BINARY = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"], "+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "%": ["+"], "<<": [">>"], ">>": ["<<"],
    "&": ["|"], "|": ["&"], "^": ["|"],
}
ASSIGNING = {"+=": ["-=", "="], "-=": ["+=", "="], "|=": ["&=", "="], "&=": ["|=", "="], "++": ["--"], "--": ["++"],
             "<<=": [">>="], ">>=": ["<<="], "*=": ["/="], "^=": ["|="], "/=": ["*="]}
KEYWORDS = {"return", "sizeof", "case", "else", "do", "in"}
KEPT = {"case", "default", "else", "do", "goto"}  # statements that begin so are not deleted
TYPES = {"struct", "enum", "union", "const", "static", "unsigned", "signed", "int", "char", "bool", "long", "short", "void", "volatile", "size_t"}


class Token:
    def __init__(self, kind, text, at):
        self.kind, self.text, self.at = kind, text, at
        self.end = at + len(text)


class Fault:
    """Octets [at, end) of the body become `text`."""

    def __init__(self, kind, at, end, text):
        self.kind, self.at, self.end, self.text = kind, at, end, text


def tokens_of(body):
    out, at = [], 0
    while at < len(body):
        m = TOKEN.match(body, at)
        if not m:
            raise ValueError("no token: " + body[at:at + 40])
        if m.lastgroup != "space":
            out.append(Token(m.lastgroup, m.group(), at))
        at = m.end()
    return out


def matching(tokens, k):
    """Index of the parenthesis that closes the one at k."""
    depth = 0
    for j in range(k, len(tokens)):
        depth += tokens[j].text in "([{" and tokens[j].kind == "sign"
        depth -= tokens[j].text in ")]}" and tokens[j].kind == "sign"
        if depth == 0:
            return j
    return len(tokens) - 1


def is_cast(tokens, closing):
    """Does the parenthesis at `closing` end a cast?"""
    words = []
    for t in reversed(tokens[:closing]):
        if t.text == "(":
            break
        words.append(t.text)
    return bool(words) and all(w == "*" or re.fullmatch(r"\w+", w) for w in words) and (
        words[0] == "*" or words[0].endswith("_t") or words[-1] in TYPES)


def is_operand(tokens, k):
    """Is the token at k the end of an operand, so that a sign after it stands between two?"""
    t = tokens[k]
    if t.kind == "number" or t.text == "]":
        return True
    if t.kind == "name":
        return t.text not in KEYWORDS and t.text not in TYPES
    return t.text == ")" and not is_cast(tokens, k)


def of_sign(tokens, k):
    t = tokens[k]
    if t.text in ASSIGNING:
        return [Fault("assignment", t.at, t.end, s) for s in ASSIGNING[t.text]]
    if t.text == "!" and k + 1 < len(tokens):
        return [Fault("negation", t.at, t.end, "")]
    if t.text not in BINARY or k == 0 or not is_operand(tokens, k - 1):
        return []
    kind = "comparison" if t.text[0] in "<>=!" and t.text not in ("<<", ">>") else "logic" if t.text in ("&&", "||") else "arithmetic"
    return [Fault(kind, t.at, t.end, s) for s in BINARY[t.text]]


def declares_size(tokens, k):
    """Is the number at k the size of an array that is declared? One that is larger shows nowhere."""
    if k == 0 or tokens[k - 1].text != "[" or k + 2 >= len(tokens) or tokens[k + 2].text not in (";", ",", "="):
        return False
    first = k
    while first > 0 and tokens[first - 1].text not in (";", "{", "}", "("):
        first -= 1
    return tokens[first].text in TYPES or tokens[first].text.endswith("_t")


def of_number(tokens, k):
    t = tokens[k]
    if declares_size(tokens, k):
        return []
    digits = t.text.rstrip("uUlL")
    suffix, value = t.text[len(digits):], int(digits, 0)
    others = {0: [1], 1: [0, 2]}.get(value, [value - 1, value + 1])
    return [Fault("constant", t.at, t.end, "%d%s" % (o, suffix)) for o in others]


def negated(body, tokens, k):
    """`if (c)` as `if (!(c))`."""
    opening, closing = tokens[k + 1], tokens[matching(tokens, k + 1)]
    return Fault("negation", opening.end, closing.at, "!(" + body[opening.end:closing.at] + ")")


def begins_statement(tokens, k):
    if k == 0 or tokens[k - 1].text in ("{", "}", ";"):
        return True
    if tokens[k - 1].text == "else" or tokens[k - 1].text == ":":
        return True
    return tokens[k - 1].text == ")" and ends_condition(tokens, k - 1)


def ends_condition(tokens, closing):
    depth = 0
    for j in range(closing, -1, -1):
        depth += (tokens[j].text == ")") - (tokens[j].text == "(")
        if depth == 0:
            return j > 0 and tokens[j - 1].text in ("if", "while", "for")
    return False


def is_declaration(tokens, k, end):
    first = tokens[k].text
    if first in TYPES or first.endswith("_t"):
        return True
    return tokens[k].kind == "name" and k + 1 < end and tokens[k + 1].kind == "name" and first not in ("return", "goto")


def deleted(tokens, k):
    """The statement that begins at k, as `;`."""
    first = tokens[k]
    if first.kind == "sign" and first.text not in ("*", "(", "++", "--") or first.text in KEPT or first.text in ("if", "while", "for", "switch"):
        return []
    j = k
    while j < len(tokens) and tokens[j].text != ";":
        if tokens[j].text in ("(", "[", "{"):
            j = matching(tokens, j)
        j += 1
    last_of_function = first.text == "return" and j + 1 >= len(tokens)
    if j >= len(tokens) or last_of_function or is_declaration(tokens, k, j):
        return []
    return [Fault("statement", first.at, tokens[j].end, ";")]


def spans_of_asserts(tokens):
    """What an assertion says holds always: a fault in it shows nothing."""
    return [(tokens[k].at, tokens[matching(tokens, k + 1)].end) for k in range(len(tokens) - 1)
            if tokens[k].text in ("STACK_ASSERT", "_Static_assert", "static_assert")]


def faults_of(body):
    tokens, faults = tokens_of(body), []
    for k, t in enumerate(tokens):
        if t.kind == "sign":
            faults += of_sign(tokens, k)
        elif t.kind == "number":
            faults += of_number(tokens, k)
        elif t.text in ("true", "false"):
            faults.append(Fault("constant", t.at, t.end, "false" if t.text == "true" else "true"))
        elif t.text == "if" and tokens[k + 1].text == "(":
            faults.append(negated(body, tokens, k))
        if begins_statement(tokens, k):
            faults += deleted(tokens, k)
    asserts = spans_of_asserts(tokens)
    return [f for f in faults if not any(a <= f.at < e for a, e in asserts)]
