"""Names that everybody takes for those of places: large cities and countries. Most places are not among them."""

from agents.offline.wordlist import listed

_ONE_WORD = listed(
    "abuja accra algiers amman amsterdam ankara antwerp athens auckland baghdad baku bangalore bangkok "
    "barcelona basel beijing beirut belfast belgrade bergen berlin bern bilbao birmingham bogota bogotá "
    "bologna bordeaux boston braga bratislava brisbane bristol brno brussels bucharest budapest busan cairo "
    "calgary canberra caracas cardiff casablanca chicago coimbra cologne copenhagen cordoba cracow dakar "
    "dallas damascus delhi denver detroit dhaka doha dortmund dresden dubai dublin dundee düsseldorf edinburgh "
    "faro florence frankfurt gdansk geneva genoa ghent glasgow gothenburg granada graz hamburg hanoi havana "
    "helsinki houston innsbruck istanbul jakarta jerusalem johannesburg kampala karachi kathmandu kiev krakow "
    "kraków kyiv kyoto lagos lahore leeds leipzig lille lima lisboa lisbon liverpool ljubljana london "
    "luxembourg lviv lyon madrid malaga malmö manchester manila marseille melbourne miami milan milano minsk "
    "montevideo montreal moscow mumbai munich málaga münchen nairobi nantes naples newcastle nice nuremberg "
    "odessa osaka oslo ottawa oxford palermo paris perth philadelphia portland porto prague quito reykjavik "
    "riga roma rome rotterdam salzburg santiago sarajevo seattle seoul sevilla seville shanghai sheffield "
    "singapore sofia stavanger stockholm strasbourg stuttgart sydney taipei tallinn tampere tavira tbilisi "
    "tehran thessaloniki tokyo toronto toulouse trieste trondheim tunis turin turku utrecht valencia vancouver "
    "venice verona vienna vilnius warsaw wellington wien wrocław yerevan zagreb zaragoza zurich zürich"
)
_COUNTRIES = listed(
    "algeria argentina armenia australia austria bangladesh belgium bolivia brazil bulgaria cameroon canada "
    "chile china colombia croatia cuba cyprus denmark ecuador egypt england estonia ethiopia finland france "
    "georgia germany ghana greece hungary iceland india indonesia iran iraq ireland israel italy japan jordan "
    "kenya kosovo latvia lebanon libya lithuania malaysia malta mexico moldova morocco nepal netherlands "
    "nigeria norway pakistan peru philippines poland portugal romania russia scotland senegal serbia slovakia "
    "slovenia spain sweden switzerland syria taiwan tanzania thailand tunisia turkey uganda ukraine uruguay "
    "venezuela vietnam wales"
)
_SEVERAL_WORDS = (
    "new york",
    "new delhi",
    "los angeles",
    "san francisco",
    "san diego",
    "las vegas",
    "washington",
    "são paulo",
    "sao paulo",
    "rio de janeiro",
    "buenos aires",
    "mexico city",
    "cape town",
    "hong kong",
    "kuala lumpur",
    "tel aviv",
    "the hague",
    "st petersburg",
    "new zealand",
    "south africa",
    "south korea",
    "sri lanka",
    "costa rica",
    "saudi arabia",
    "united states",
    "united kingdom",
    "the netherlands",
)
_PLACES = frozenset([*_ONE_WORD, *_COUNTRIES, *_SEVERAL_WORDS])


def is_place(name: str) -> bool:
    """Whether a name is that of a place which everybody knows, with or without what it lies in: "Porto, Portugal"."""
    plain = name.partition(",")[0].strip(" .!")
    return plain.casefold() in _PLACES and plain != plain.casefold()
