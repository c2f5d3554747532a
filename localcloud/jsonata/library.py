"""The functions that every expression can call, by name, with what arguments they take.

`$eval` is left out: Step Functions does not have it.
"""

from __future__ import annotations

from typing import Final

from localcloud.jsonata import encodings, groups, numbers, texts
from localcloud.jsonata.calling import Native
from localcloud.jsonata.integer_pictures import format_integer, parse_integer
from localcloud.jsonata.number_pictures import format_number
from localcloud.jsonata.running import Frame
from localcloud.jsonata.time_reading import to_millis
from localcloud.jsonata.time_writing import from_millis
from localcloud.jsonata.values import Function, Value, append, lookup


def now(frame: Frame, picture: Value, timezone: Value) -> Value:
    """`$now([picture[, timezone]])`: the time at which the evaluation began."""
    return from_millis(frame.run.started_ms, picture, timezone)


def millis(frame: Frame) -> Value:
    """`$millis()`: the time at which the evaluation began."""
    return frame.run.started_ms


LIBRARY: Final[dict[str, Function]] = {
    "sum": Native(numbers.total, "<a<n>:n>"),
    "count": Native(numbers.count, "<a:n>"),
    "max": Native(numbers.maximum, "<a<n>:n>"),
    "min": Native(numbers.minimum, "<a<n>:n>"),
    "average": Native(numbers.average, "<a<n>:n>"),
    "string": Native(texts.string, "<x-b?:s>"),
    "substring": Native(texts.substring, "<s-nn?:s>"),
    "substringBefore": Native(texts.substring_before, "<s-s:s>"),
    "substringAfter": Native(texts.substring_after, "<s-s:s>"),
    "lowercase": Native(texts.lowercase, "<s-:s>"),
    "uppercase": Native(texts.uppercase, "<s-:s>"),
    "length": Native(texts.length, "<s-:n>"),
    "trim": Native(texts.trim, "<s-:s>"),
    "pad": Native(texts.pad, "<s-ns?:s>"),
    "match": Native(texts.match, "<s-f<s:o>n?:a<o>>", wants_frame=True),
    "contains": Native(texts.contains, "<s-(sf):b>", wants_frame=True),
    "replace": Native(texts.replace, "<s-(sf)(sf)n?:s>", wants_frame=True),
    "split": Native(texts.split, "<s-(sf)n?:a<s>>", wants_frame=True),
    "join": Native(texts.join, "<a<s>s?:s>"),
    "formatNumber": Native(format_number, "<n-so?:s>"),
    "formatBase": Native(numbers.format_base, "<n-n?:s>"),
    "formatInteger": Native(format_integer, "<n-s:s>"),
    "parseInteger": Native(parse_integer, "<s-s:n>"),
    "number": Native(numbers.number, "<(nsb)-:n>"),
    "floor": Native(numbers.floor, "<n-:n>"),
    "ceil": Native(numbers.ceil, "<n-:n>"),
    "round": Native(numbers.rounded, "<n-n?:n>"),
    "abs": Native(numbers.absolute, "<n-:n>"),
    "sqrt": Native(numbers.square_root, "<n-:n>"),
    "power": Native(numbers.power, "<n-n:n>"),
    "random": Native(numbers.random, "<:n>"),
    "boolean": Native(texts.boolean, "<x-:b>"),
    "not": Native(texts.negated, "<x-:b>"),
    "map": Native(groups.mapped, "<af>", wants_frame=True),
    "zip": Native(groups.zipped, "<a+>"),
    "filter": Native(groups.filtered, "<af>", wants_frame=True),
    "single": Native(groups.single, "<af?>", wants_frame=True),
    "reduce": Native(groups.reduced, "<afj?:j>", wants_frame=True),
    "sift": Native(groups.sifted, "<o-f?:o>", wants_frame=True),
    "keys": Native(groups.keys, "<x-:a<s>>"),
    "lookup": Native(lookup, "<x-s:x>"),
    "append": Native(append, "<xx:a>"),
    "exists": Native(groups.exists, "<x:b>"),
    "spread": Native(groups.spread, "<x-:a<o>>"),
    "merge": Native(groups.merged, "<a<o>:o>"),
    "reverse": Native(groups.reversed_, "<a:a>"),
    "each": Native(groups.each, "<o-f:a>", wants_frame=True),
    "error": Native(groups.error, "<s?:x>"),
    "assert": Native(groups.asserted, "<bs?:x>"),
    "type": Native(groups.type_name, "<x:s>"),
    "sort": Native(groups.sort, "<af?:a>", wants_frame=True),
    "shuffle": Native(groups.shuffled, "<a:a>"),
    "distinct": Native(groups.distinct, "<x:x>"),
    "base64encode": Native(encodings.base64encode, "<s-:s>"),
    "base64decode": Native(encodings.base64decode, "<s-:s>"),
    "encodeUrlComponent": Native(encodings.encode_url_component, "<s-:s>"),
    "encodeUrl": Native(encodings.encode_url, "<s-:s>"),
    "decodeUrlComponent": Native(encodings.decode_url_component, "<s-:s>"),
    "decodeUrl": Native(encodings.decode_url, "<s-:s>"),
    "toMillis": Native(to_millis, "<s-s?:n>", wants_frame=True),
    "fromMillis": Native(from_millis, "<n-s?s?:s>"),
    "clone": Native(groups.cloned, "<(oa)-:o>"),
    "now": Native(now, "<s?s?:s>", wants_frame=True),
    "millis": Native(millis, "<:n>", wants_frame=True),
}
