"""Which first-person clauses are facts, and of which kind.

A rule sees one expanded clause ("I am", not "I'm"), cut to its core and without filler words. Rules name
the verbs and nouns that they trust; what no rule names is no fact.
"""

import re
from dataclasses import dataclass
from typing import Final

from agents.offline.person import COMPANY
from memory.lifecycle.turns.extraction import Category

IMPORTANCE: Final[dict[Category, float]] = {
    "identity": 0.9,
    "health": 0.85,
    "relationship": 0.8,
    "location": 0.8,
    "work": 0.75,
    "preference": 0.6,
    "plan": 0.6,
    "possession": 0.5,
    "event": 0.4,
    "other": 0.3,
}

KIN = (
    "sister|brother|mother|father|mom|mum|dad|wife|husband|partner|girlfriend|boyfriend"
    "|fiancee|fiance|fiancé|fiancée|son"
    "|daughter|kid|kids|child|children|baby|aunt|uncle|cousin|niece|nephew|grandmother"
    "|grandfather|grandma|grandpa|granny"
    "|parents|twin|twins|stepson|stepdaughter|stepmother|stepfather|mother-in-law|father-in-law"
    "|friend|friends|best friend"
    "|manager|teacher|doctor|landlord|therapist|roommate|flatmate|neighbor|neighbour"
    "|boss|colleague|coworker|mentor|siblings|grandparents"
    "|grandson|granddaughter"
)
PETS = (
    "dog|dogs|cat|cats|puppy|puppies|kitten|kittens|parrot|rabbit|hamster|horse|pet"
    "|pets|turtle|snake|fish|goldfish"
    "|guinea pig|guinea pigs|bird|birds|lizard|chickens|ferret|tortoise|pony"
)
_THINGS = (
    "car|bike|bicycle|motorbike|motorcycle|van|truck|scooter|boat|house|flat|apartment"
    "|garden|cottage|farm|studio|piano"
    "|guitar|violin|drum kit|drums|ukulele|telescope|camera|laptop|computer|pc|console"
    "|phone|tattoo|scar|collection"
    "|restaurant|shop|store|company|business|startup|bakery|blog|podcast|youtube channel"
    "|channel|website|tesla|hybrid"
)
_HEALTH = (
    "asthma|diabetes|migraines|arthritis|adhd|autism|epilepsy|anemia|anaemia|depression"
    "|anxiety|insomnia|hypertension"
    "|high blood pressure|low blood pressure|celiac disease|coeliac disease|eczema|psoriasis"
    "|cancer|allergies|dyslexia"
    "|a pacemaker|glaucoma|tinnitus|scoliosis|hay fever|gastritis|a bad back|a bad knee"
)
_STATES = (
    "vegan|vegetarian|pescatarian|diabetic|asthmatic|lactose[- ]intolerant|gluten[- "
    "]intolerant|celiac|coeliac"
    "|left-handed|right-handed|deaf|blind|colou?r-?blind|pregnant|epileptic|dyslexic"
    "|autistic|near-?sighted|anaemic|anemic"
)
_ADV = (
    "(?:(?:currently|still|always|usually|often|never|sometimes|already|mostly|once"
    "|now|originally|mainly|recently) )?"
)
_NUM = r"(?:a|an|one|two|three|four|five|six|seven|eight|nine|ten|twelve|\d{1,2}|some|my own|several|no|any)"
_MONTH = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_EXPERIENCE = (
    "went|ran|visited|attended|joined|bought|adopted|won|married|painted|watched|learned|learnt|hiked|camped"
    "|celebrated|booked|sold|broke|baked|built|planted|volunteered|passed|applied|completed|signed up|moved"
    "|traveled|travelled|flew|drove|climbed|swam|performed|played|organized|organised"
    "|hosted|donated|published"
    "|wrote|recorded|launched|opened|founded|registered|enrolled|took part|participated"
    "|competed|met|saw|read|started"
    "|finished|quit|stopped|gave up|gave birth|lost|injured|hurt|sprained|fractured"
    "|made|cooked|designed|created|took"
    "|ordered|repaired|renovated|graduated|dropped out|explored|began|scored|earned|received|entered|helped"
)
_DOING = (
    "learning|studying|training for|working on|working as|working at|working for|working "
    "in|writing|reading|taking"
    "|preparing for|practicing|practising|saving|volunteering|teaching|building|renovating"
    "|playing|researching|running"
    "|recovering from|undergoing|dating|raising|applying to"
)
_AIMS = (
    "(?:learn|visit|move|travel|buy|become|start|study|open|write|run|adopt|build|quit"
    "|apply|retire|publish|explore"
    "|work (?:at|for|as|with|in (?!the future)|on)|volunteer|create|marry|join|climb|live|teach)"
)
_GOING = (
    "going|flying|traveling|travelling|moving|getting married|starting|leaving|visiting"
    "|meeting|driving|heading"
    "|having|running|hosting|attending|seeing|taking|planning|performing|competing|graduating"
    "|retiring|celebrating"
)
_LIKES = "love|like|enjoy|prefer|hate|dislike|adore|detest|loathe|miss"
_HABITS = (
    "play|speak|run|swim|teach|write|eat|drink|cook|bake|paint|collect|volunteer|go"
    "|practice|practise|wear|smoke|watch"
    "|commute|ride|drive|coach|mentor|sing|dance|hike|garden|knit|sew|meditate|take"
    "|train|sleep|wake up|get up|use|read"
)

_FARE = (
    "coffee|tea|espresso|cappuccino|matcha|water|milk|juice|wine|beer|cider|alcohol|soda|cola"
    "|meat|fish|sushi|bread|rice|pasta|cheese|fruit|vegetables|salads|eggs|chocolate|porridge|muesli"
)

_TOGETHER = re.compile(
    rf"{COMPANY} and I |we (?=(?:live|moved|went|visited|adopted|bought|hiked|camped|watched"
    rf"|got (?:married|engaged|divorced)|celebrated|traveled"
    r"|travelled|flew|attended|explored)\b(?!.*\b(?:each other|together|both)\b))",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\s?(?:(?:on|in|since|until|till|by|from|before|after|for|at) )?(?:the )?(?:(?:week"
    r"|weekend|night|morning|evening) of )?"
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day )?(?:\d{1,2} )?"
    rf"(?:(?:{_MONTH}) )?\b(?:19|20)\d\d\b|\s(?:a )?(?:few|couple|couple of|several) \w+ before",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Rule:
    """A pattern over one core clause, and the kind of fact that it makes."""

    category: Category
    pattern: re.Pattern[str]
    dated: int = 0
    """1: only with an absolute date in it; 0: with or without."""
    importance: float | None = None


def _rule(category: Category, pattern: str, *, dated: int = 0, importance: float | None = None) -> Rule:
    return Rule(category, re.compile(pattern, re.IGNORECASE), dated, importance)


RULES: Final[tuple[Rule, ...]] = (
    _rule("identity", r"my (?:full |first |last |real )?name is [^\W\d_]", importance=0.95),
    _rule("identity", r"I am called (?-i:[A-Z])", importance=0.95),
    _rule("identity", r"I am (?:\d{1,3}|\d{1,3} years old|turning \d{1,3}\b.*)$"),
    _rule("identity", r"I turned \d{1,3}\b"),
    _rule("identity", r"my (?:birthday|date of birth|birthdate) is \w"),
    _rule("identity", rf"I was born (?:in|on|at) (?:\w|{_MONTH})"),
    _rule(
        "identity",
        r"I am (?:not )?(?-i:[A-Z])[a-z]+(?:ese|ian|ish|can|ean|man|nch|tch|eek|wiss|lian|aqi|ani)$",
    ),
    _rule(
        "identity",
        r"my (?:native language|mother tongue|nationality|pronouns|blood type|surname|nickname)s? "
        r"(?:is|are) \w",
    ),
    _rule(
        "identity",
        r"my (?:home |postal |mailing |e-?mail )?(?:address|phone number|email) is \w",
        importance=0.8,
    ),
    _rule("health", r"I am (?:not )?(?:severely |mildly |very )?allergic to \w"),
    _rule("health", rf"I (?:am|became|have been) {_ADV}(?:not |no longer )?(?:a )?(?:{_STATES})\b"),
    _rule("health", rf"I {_ADV}(?:do not |no longer )?(?:have|had|suffer from) (?:\w+ )?(?:{_HEALTH})\b"),
    _rule("health", r"I (?:have|had) an? (?:\w+ )?(?:allergy|intolerance|disability|heart condition)\b"),
    _rule("health", r"I (?:was|have been|got) (?:recently )?diagnosed with \w"),
    _rule("health", r"I (?:broke|sprained|fractured|injured|hurt|twisted|tore) my \w"),
    _rule(
        "health",
        r"I (?:had|am having|am getting|have had) (?:an? |knee |heart |back )?(?:\w+ )?(?:surgery"
        r"|operation|transplant)\b",
    ),
    _rule("health", r"I (?:quit|stopped|gave up) (?:smoking|drinking)\b"),
    _rule("health", r"I take (?:medication|insulin|pills|antidepressants|medicine) "),
    _rule(
        "location",
        rf"I {_ADV}(?:do not |no longer |have |have always )?(?:live|lived) (?:in|at|near"
        rf"|on|with|by|outside|alone)\b",
    ),
    _rule(
        "location",
        r"I (?:am|have been) (?:currently |now |still |originally )?(?:living|based|staying) "
        r"(?:in|at|near|with) \w",
    ),
    _rule("location", rf"I (?:am|come) {_ADV}(?:not )?from (?:the )?(?-i:[A-Z])"),
    _rule("location", r"I grew up (?:in|on|near) \w"),
    _rule(
        "location",
        rf"I (?:have )?{_ADV}(?:moved|relocated|emigrated|immigrated) (?:to|from|back to|in "
        rf"with|out of|into) \w",
    ),
    _rule("location", r"I am (?:moving|relocating) (?:to|back to|in with|out of|into) \w"),
    _rule("location", r"my (?:hometown|home town|home country|home) is \w"),
    _rule(
        "relationship",
        rf"I (?:do not )?{_ADV}(?:have|had) {_NUM} (?:[\w-]+ ){{0,2}}(?:{KIN}|sisters|brothers"
        rf"|sons|daughters|cousins|nieces|nephews)\b",
    ),
    _rule(
        "relationship",
        rf"I (?:do not )?{_ADV}(?:have|had|own) (?:{_NUM} )?(?:[\w-]+ ){{0,2}}(?:{PETS})\b",
        importance=0.7,
    ),
    _rule(
        "relationship",
        r"I (?:am|have been|got|was) (?:now |still |not |recently |happily )?(?:married|engaged"
        r"|divorced|widowed|single)(?: (?:to|for|in|since|on|with|last)\b.*)?$",
    ),
    _rule("relationship", r"I (?:have been|am|started) dating \w"),
    _rule(
        "relationship",
        r"I am (?:a|an|the) (?:\w+ )?(?:mother|father|mom|mum|dad|grandmother|grandfather"
        r"|parent|widow|widower|stepmom|stepdad)\b",
    ),
    _rule(
        "relationship",
        rf"my (?:\w+ )?(?:{KIN}|{PETS})(?: (?-i:[A-Z])\w+)?(?:'s name)? (?:is|are|was|has"
        rf"|had|lives|live|works|work|loves|love|likes|like|plays|play|died|passed away|got"
        rf"|moved|studies|turned|turns|graduated|joined|started|hates|speaks|owns)\b \w",
    ),
    _rule("relationship", rf"my (?:\w+ )?(?:{KIN}|{PETS})(?:'s)? name is \w"),
    _rule(
        "relationship",
        rf"(?:one of )?my (?:\w+ )?(?:{KIN}|{PETS})(?: (?-i:[A-Z])\w+)? (?:has )?(?:died|passed away)",
    ),
    _rule("relationship", rf"I (?:adopted|lost) (?:a|an|my|our|two|three) (?:[\w-]+ )?(?:{PETS}|{KIN})\b"),
    _rule(
        "work",
        rf"I {_ADV}(?:do not |no longer |have )?(?:work|worked) (?:at|for|as|in|with|from"
        rf"|on|part-time|full-time|remotely|night|nights)\b",
    ),
    _rule("work", rf"I {_ADV}(?:no longer )?(?:study|studied|teach|taught|lecture) (?!for fun)\w"),
    _rule(
        "work",
        rf"I {_ADV}(?:run|own|manage|lead|founded|co-founded|opened|started) (?:a|an|my own"
        rf"|my) (?:[\w-]+ ){{0,3}}(?:company|business|shop|store|restaurant|studio|startup"
        rf"|team|bakery|cafe|café|farm|agency|school|clinic|bar|gym|channel|blog)\b",
    ),
    _rule(
        "work", r"my (?:job|profession|occupation|employer|major|degree|job title|current job|thesis) is \w"
    ),
    _rule("work", r"I (?:quit|left|lost|resigned from) (?:my|the) (?:\w+ )?(?:job|position|company)\b"),
    _rule("event", r"I (?:have )?(?:quit|left|resigned from|started (?:working )?at) (?:the )?(?-i:[A-Z])"),
    _rule(
        "work",
        r"I (?:got|was|have been|am) (?:promoted|hired|fired|laid off|retired|unemployed"
        r"|self-employed|between jobs)\b",
    ),
    _rule(
        "work",
        r"I (?:got|found|started|accepted|have|landed) (?:a|an|my) (?:[\w-]+ ){0,3}(?:job"
        r"|internship|promotion|position|degree|scholarship|diploma)\b",
    ),
    _rule(
        "work", r"I am looking for an? (?:new |summer |full-time )?(?:job|internship|flat|apartment|house)\b"
    ),
    _rule("work", r"I (?:have )?(?:retired|graduated)\b"),
    _rule(
        "work",
        r"I (?:am (?:currently |now |still |not |no longer )?|was (?:once )?)an? (?!lot\b|bit\b|little\b)(?:[\w-]+ "
        r"){0,3}\w*(?:er|or"
        r"|ist|ian|yst|ant|ect|student|nurse|chef|lawyer|pilot|intern|apprentice|cop|actress"
        r"|coach|judge|clerk|vet|entrepreneur|freelance|barista|veteran|soldier)(?: (?:at"
        r"|in|from|for|by|with|of|on|before|until)\b.*)?$",
    ),
    _rule(
        "preference",
        rf"I {_ADV}(?:{_LIKES}) the (?:sea|beach|ocean|mountains|outdoors|cold|heat|rain|snow"
        rf"|countryside|smell of|feeling of|sound of|taste of)\b",
    ),
    _rule("preference", r"my (?:(?:all-time|absolute) )?favou?rite (?:[\w-]+ ){1,4}(?:is|are|was) \w"),
    _rule(
        "preference",
        rf"I (?:do not |no longer |have always |never )?{_ADV}(?:{_LIKES}) (?!the (?-i:[a-z]))\w",
    ),
    _rule("preference", r"I (?:cannot|can not) stand \w"),
    _rule(
        "preference",
        r"I (?:do not|no longer|never) (?:eat|drink|smoke|watch|drive|wear|cook|use|speak|play|own)\b ?",
    ),
    # What somebody has as a rule has no article: "I drink a coffee" is one cup.
    _rule(
        "preference",
        rf"I {_ADV}(?:only |mostly )?(?:drink|eat) (?!(?:an?|the|some|my|this)\b)(?:[\w-]+ )?(?:{_FARE})\b",
    ),
    _rule(
        "preference",
        r"I am (?:a )?(?:big|huge|massive|lifelong|not a|not a big|big-time)? ?(?:fan of"
        r"|into|interested in|obsessed with|passionate about|keen on|fond of|scared of|afraid "
        r"of|fluent in|terrified of|addicted to|hooked on|fascinated by) \w",
    ),
    _rule(
        "preference", r"my (?:hobby|hobbies|main hobby|passion|passions|biggest fear) (?:is|are|include) \w"
    ),
    _rule("plan", rf"I am {_ADV}(?:{_GOING}) .*", dated=1),
    _rule(
        "plan",
        rf"I am (?:planning|hoping|going|aiming|saving up|saving) (?:to {_AIMS} \w|a trip"
        rf"|a \w+ party|for \w)",
    ),
    _rule(
        "plan",
        rf"I (?:want|plan|intend|hope|decided|aim) to {_AIMS} \w",
    ),
    _rule(
        "plan",
        r"I will (?:visit|move|travel|start|fly|graduate|attend|be (?:in|at|visiting|moving"
        r"|traveling)|have|meet|run|join|leave|take|go) .*",
        dated=1,
    ),
    _rule(
        "plan",
        r"I have (?:a|an|my) (?:[\w'-]+ ){0,3}(?:appointment|interview|exam|flight|meeting"
        r"|deadline|wedding|surgery|game|concert|trip|gig|race|recital|tournament|test)\b.*",
        dated=1,
    ),
    _rule("plan", r"my (?:\w+ )?(?:goal|dream|plan|aim|ambition) is to \w"),
    _rule(
        "plan",
        r"my (?:[\w-]+ )?(?:flight|train|ferry|bus|wedding|exam|interview|trip|appointment|meeting|deadline"
        r"|birthday party|surgery|graduation|concert|move)(?: (?:to|from|with|at|for|in) [\w' -]{2,40}?)? "
        r"(?:is|leaves|departs|starts|begins) (?:on|in|at) .*",
        dated=1,
    ),
    _rule(
        "possession",
        rf"I {_ADV}(?:no longer |do not )?(?:have|own|drive|ride) "
        rf"(?:{_NUM} )(?:[\w-]+ ){{0,3}}(?:{_THINGS})s?\b",
    ),
    _rule("possession", r"I (?:drive|ride) an? \w"),
    _rule(
        "possession",
        rf"I (?:have )?(?:recently )?(?:bought|sold|got|inherited|leased|rented) (?:a|an|my "
        rf"first|two|three|some) (?:[\w-]+ ){{0,3}}(?:{_THINGS}|{PETS})\b",
    ),
    _rule("possession", rf"my (?:{_THINGS}|car|bike) is (?:a|an|called|named) \w"),
    _rule("event", rf"I (?:have |was |recently )?(?:{_EXPERIENCE})\b (?!(?:me|us)\b)\w.*"),
    _rule("event", r"I used to (?!be\b|think\b|it\b)\w+ \w"),
    _rule(
        "event",
        r"I (?:was|got) (?:born|raised|accepted|invited|selected|elected|nominated|injured"
        r"|robbed|baptized|sick|accepted into)\b",
    ),
    _rule(
        "event",
        r"I have been (?:to|learning|studying|working|playing|practicing|practising|writing"
        r"|volunteering|teaching|training|running|dating|collecting|taking|making|painting"
        r"|reading|attending|seeing|coaching) (?!hard|as usual|so|really|well|great|lot|up\b"
        r"|for\b|mostly)\w.*",
    ),
    _rule(
        "event",
        r"I have (?:visited|lived|worked|studied|written|published|won|run|finished|completed"
        r"|climbed|met|read|seen|adopted|joined|signed up|applied|started|booked|bought) \w",
    ),
    _rule(
        "event",
        r"I had (?:a|an|my) (?:[\w'-]+ ){0,3}(?:interview|exam|appointment|baby|party|meeting"
        r"|accident|miscarriage|wedding|picnic|recital|gig|concert|game)\b.*",
    ),
    _rule("event", rf"I am {_ADV}(?:{_DOING}) (?!hard\b|as usual|for\b|mostly\b)\w.*"),
    _rule("other", r"I (?:can|cannot) (?:speak|swim|drive|cook|play|sing|ski|read)\b"),
    _rule(
        "other",
        rf"I (?:usually|always|often|sometimes|regularly|never|mostly|rarely|mainly) (?:{_HABITS})\b \w",
    ),
    _rule(
        "other",
        r"I (?:play|speak|collect|coach|volunteer|paint|knit|meditate|sing|commute|train|mentor|smoke)\b \w",
    ),
    _rule(
        "other",
        rf"I (?:{_HABITS})\b .*\b(?:every|each|daily|weekly|once a|twice a|on weekends|mornings"
        rf"|times a|on (?:mon|tues|wednes|thurs|fri|satur|sun)days)\b.*",
    ),
)


def match(core: str, *, dated: bool) -> Rule | None:
    """The first rule that a core clause satisfies, or None."""
    core = _TOGETHER.sub("I ", core, count=1) if core[:1] in "mMwW" else core
    bare = _DATE.sub("", core).split()
    enough = len(bare) > (3 if len(bare) > 1 and bare[1].lower() in {"am", "have", "will", "was"} else 2)
    for rule in RULES:
        if rule.dated and not dated:
            continue
        # An experience or a plan that is nothing but its date says nothing.
        if rule.pattern.match(core) and (rule.category not in {"event", "plan"} or enough):
            return rule
    return None


def importance(rule: Rule) -> float:
    """How much a fact of this rule matters, 0 to 1."""
    return IMPORTANCE[rule.category] if rule.importance is None else rule.importance
