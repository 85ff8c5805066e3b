"""Words by which the columns of hospital tables are recognised, in English, German, French, Spanish and Chinese."""

from __future__ import annotations

import re

# Patterns over a column's name in lower case, with underscores and points as blanks.
KEY = (
    r"\b(id|ids|no|nr|number|key|mrn|code|fall|pid|patnr|patid)\b|^id|id$|patient|"
    r"编号|病案号|住院号|病历号|序号"
)
# What people are called: never a key, and never shown.
NAME = r"name\b|names\b|nachname|vorname|apellido|nombre|\bnom\b|pr[ée]nom|\binitials?\b|initialen|姓名|名字"
BIRTH = r"birth|\bdob\b|geburt|\bgeb|naissance|nacimiento|出生"
DEATH = (
    r"death|died|\bdod\b|dead|deceased|todes|\btod\b|sterbe|gestorben|verstorben|d[ée]c[èe]s|d[ée]c[ée]d|muert|"
    r"死亡|去世"
)
LAST = (
    r"last|contact|follow|\bfu\b|seen|alive|censor|letzt|kontakt|nachsorge|verlauf|derni|nouvelles|suivi|[úu]ltim|"
    r"随访|末次|最后"
)
ZERO = (
    r"\bop\b|^op|oper|surg|resect|random|index|treat|start|inclu|\bdate ?0\b|eingriff|diag|\bdx\b|interven|chirurg|"
    r"cirug|手术|入组|诊断|入院"
)
TIME = (
    r"\b(fu)?(time|days|weeks|months|years|survival)\b|futime|follow|[üu]berleben|beobachtung|monate|tage\b|survie|"
    r"supervivencia|生存期|生存时间|随访时间|生存月"
)
STATUS = (
    r"status|event|death|dead|died|vital|cens|deceased|verstorben|gestorben|\btod\b|d[ée]c[èe]s|muert|死亡|状态|结局"
)
GROUP = (
    r"\barm\b|group|treat|\btrt\b|\brx\b|therap|approach|method|technique|procedure|random|gruppe|zugang|verfahren|"
    r"technik|behandlung|groupe|traitement|voie|grupo|tratamiento|组|术式|方式|治疗|入路"
)
SEX = r"\bsex\b|gender|geschlecht|sexe|sexo|性别"
AGE = r"\bage\b|\balter\b|\bedad\b|\b[âa]ge\b|年龄"
OUTCOME = (
    r"clavien|dindo|margin|\br ?status\b|resektionsrand|"
    r"leak|fistul|complic|morbid|mortal|infect|\bssi\b|reop|readmi|transfus|bleed|hemorr|conver|recurr|relaps|\bstay\b|"
    r"\blos\b|insuff|fistel|blutung|komplik|infekt|revision|rezidiv|liegedauer|verweildauer|hospitali|fuite|r[ée]cidive|"
    r"并发症|切缘|瘘|漏|感染|出血|再手术|复发|住院天数|住院日"
)
UNITS = {
    "days": r"\bdays?\b|\btage?\b|jours|d[íi]as|天|日",
    "weeks": r"weeks?\b|wochen?\b|semaines|周",
    "months": r"months?\b|\bmo\b|monate?n?\b|\bmois\b|meses|月",
    "years": r"years?\b|\byrs?\b|jahre?\b|\bans\b|a[ñn]os|年",
}
# Codes of an event, and of yes, in the order in which they are looked for.
YES = (
    *("1", "true", "yes", "y", "dead", "died", "death", "deceased", "ja", "j", "verstorben", "tot"),
    *("oui", "o", "si", "sí", "是", "有", "死亡"),
)
NO = ("0", "false", "no", "n", "alive", "nein", "lebt", "non", "否", "无", "存活", "生存")
# Codes that say that there is nothing of the kind, and come first of codes in order.
NONE = ("0", "none", "no", "nil", "keine", "keiner", "kein", "nein", "ohne", "aucun", "aucune", "ninguna", "无", "没有")
# Pairs that the type boolean itself reads.
TRUTH = ({"0", "1"}, {"yes", "no"}, {"y", "n"}, {"true", "false"})


def says(name: str, pattern: str) -> bool:
    """Whether a column's name has one of the words."""
    return re.search(pattern, re.sub(r"[_.\s-]+", " ", name.casefold())) is not None
