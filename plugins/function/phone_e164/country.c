/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The table of countries and the search in it. Names are the short English ones
 * of ISO 3166-1 and those that people use beside them. Where a name alone could
 * mean two countries it stands for the one that people mean by it: Congo is CG,
 * Korea KR, Samoa WS, Georgia GE.
 */
#include "country.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 64 }; /* longer than any name in the table */

struct entry {
    const char *name, *code;
};

/* In normal form (see normalise), sorted by strcmp. */
static const struct entry table[] = {
    {"abw", "AW"}, {"ac", "AC"}, {"ad", "AD"}, {"ae", "AE"}, {"af", "AF"}, {"afg", "AF"}, {"afghanistan", "AF"},
    {"ag", "AG"}, {"ago", "AO"}, {"ai", "AI"}, {"aia", "AI"}, {"al", "AL"}, {"ala", "AX"}, {"aland", "AX"},
    {"aland islands", "AX"}, {"alb", "AL"}, {"albania", "AL"}, {"algeria", "DZ"}, {"am", "AM"}, {"america", "US"},
    {"american samoa", "AS"}, {"and", "AD"}, {"andorra", "AD"}, {"angola", "AO"}, {"anguilla", "AI"},
    {"antarctica", "AQ"}, {"antigua", "AG"}, {"antigua and barbuda", "AG"}, {"ao", "AO"}, {"aq", "AQ"}, {"ar", "AR"},
    {"are", "AE"}, {"arg", "AR"}, {"argentina", "AR"}, {"argentine republic", "AR"}, {"arm", "AM"}, {"armenia", "AM"},
    {"aruba", "AW"}, {"as", "AS"}, {"asc", "AC"}, {"ascension", "AC"}, {"ascension island", "AC"}, {"asm", "AS"},
    {"at", "AT"}, {"ata", "AQ"}, {"atf", "TF"}, {"atg", "AG"}, {"au", "AU"}, {"aus", "AU"}, {"australia", "AU"},
    {"austria", "AT"}, {"aut", "AT"}, {"aw", "AW"}, {"ax", "AX"}, {"az", "AZ"}, {"aze", "AZ"}, {"azerbaijan", "AZ"},
    {"ba", "BA"}, {"bahamas", "BS"}, {"bahrain", "BH"}, {"bangladesh", "BD"}, {"barbados", "BB"}, {"bb", "BB"},
    {"bd", "BD"}, {"bdi", "BI"}, {"be", "BE"}, {"bel", "BE"}, {"belarus", "BY"}, {"belgium", "BE"}, {"belize", "BZ"},
    {"ben", "BJ"}, {"benin", "BJ"}, {"bermuda", "BM"}, {"bes", "BQ"}, {"bf", "BF"}, {"bfa", "BF"}, {"bg", "BG"},
    {"bgd", "BD"}, {"bgr", "BG"}, {"bh", "BH"}, {"bhr", "BH"}, {"bhs", "BS"}, {"bhutan", "BT"}, {"bi", "BI"},
    {"bih", "BA"}, {"bj", "BJ"}, {"bl", "BL"}, {"blm", "BL"}, {"blr", "BY"}, {"blz", "BZ"}, {"bm", "BM"},
    {"bmu", "BM"}, {"bn", "BN"}, {"bo", "BO"}, {"bol", "BO"}, {"bolivarian republic of venezuela", "VE"},
    {"bolivia", "BO"}, {"bolivia plurinational state of", "BO"}, {"bonaire", "BQ"},
    {"bonaire sint eustatius and saba", "BQ"}, {"bosnia", "BA"}, {"bosnia and herzegovina", "BA"},
    {"bosnia herzegovina", "BA"}, {"botswana", "BW"}, {"bouvet island", "BV"}, {"bq", "BQ"}, {"br", "BR"},
    {"bra", "BR"}, {"brazil", "BR"}, {"brb", "BB"}, {"britain", "GB"}, {"british indian ocean territory", "IO"},
    {"british virgin islands", "VG"}, {"brn", "BN"}, {"brunei", "BN"}, {"brunei darussalam", "BN"}, {"bs", "BS"},
    {"bt", "BT"}, {"btn", "BT"}, {"bulgaria", "BG"}, {"burkina faso", "BF"}, {"burma", "MM"}, {"burundi", "BI"},
    {"bv", "BV"}, {"bvt", "BV"}, {"bw", "BW"}, {"bwa", "BW"}, {"by", "BY"}, {"bz", "BZ"}, {"ca", "CA"},
    {"cabo verde", "CV"}, {"caf", "CF"}, {"cambodia", "KH"}, {"cameroon", "CM"}, {"can", "CA"}, {"canada", "CA"},
    {"cape verde", "CV"}, {"caribbean netherlands", "BQ"}, {"cayman islands", "KY"}, {"cc", "CC"}, {"cck", "CC"},
    {"cd", "CD"}, {"central african rep", "CF"}, {"central african republic", "CF"}, {"cf", "CF"}, {"cg", "CG"},
    {"ch", "CH"}, {"chad", "TD"}, {"che", "CH"}, {"chile", "CL"}, {"china", "CN"}, {"chinese taipei", "TW"},
    {"chl", "CL"}, {"chn", "CN"}, {"christmas island", "CX"}, {"ci", "CI"}, {"civ", "CI"}, {"ck", "CK"}, {"cl", "CL"},
    {"cm", "CM"}, {"cmr", "CM"}, {"cn", "CN"}, {"co", "CO"}, {"cocos islands", "CC"}, {"cocos keeling islands", "CC"},
    {"cod", "CD"}, {"cog", "CG"}, {"cok", "CK"}, {"col", "CO"}, {"colombia", "CO"}, {"com", "KM"}, {"comoros", "KM"},
    {"congo", "CG"}, {"congo brazzaville", "CG"}, {"congo dem rep", "CD"}, {"congo democratic republic of the", "CD"},
    {"congo kinshasa", "CD"}, {"congo rep", "CG"}, {"congo the democratic republic of the", "CD"},
    {"cook islands", "CK"}, {"costa rica", "CR"}, {"cote divoire", "CI"}, {"cpv", "CV"}, {"cr", "CR"}, {"cri", "CR"},
    {"croatia", "HR"}, {"cu", "CU"}, {"cub", "CU"}, {"cuba", "CU"}, {"curacao", "CW"}, {"cuw", "CW"}, {"cv", "CV"},
    {"cw", "CW"}, {"cx", "CX"}, {"cxr", "CX"}, {"cy", "CY"}, {"cym", "KY"}, {"cyp", "CY"}, {"cyprus", "CY"},
    {"cz", "CZ"}, {"cze", "CZ"}, {"czech rep", "CZ"}, {"czech republic", "CZ"}, {"czechia", "CZ"}, {"de", "DE"},
    {"democratic peoples republic of korea", "KP"}, {"democratic republic of congo", "CD"},
    {"democratic republic of the congo", "CD"}, {"denmark", "DK"}, {"deu", "DE"}, {"dj", "DJ"}, {"dji", "DJ"},
    {"djibouti", "DJ"}, {"dk", "DK"}, {"dm", "DM"}, {"dma", "DM"}, {"dnk", "DK"}, {"do", "DO"}, {"dom", "DO"},
    {"dominica", "DM"}, {"dominican rep", "DO"}, {"dominican republic", "DO"}, {"dprk", "KP"}, {"dr congo", "CD"},
    {"dz", "DZ"}, {"dza", "DZ"}, {"east timor", "TL"}, {"ec", "EC"}, {"ecu", "EC"}, {"ecuador", "EC"}, {"ee", "EE"},
    {"eg", "EG"}, {"egy", "EG"}, {"egypt", "EG"}, {"eh", "EH"}, {"eire", "IE"}, {"el", "GR"}, {"el salvador", "SV"},
    {"emirates", "AE"}, {"england", "GB"}, {"equatorial guinea", "GQ"}, {"er", "ER"}, {"eri", "ER"},
    {"eritrea", "ER"}, {"es", "ES"}, {"esh", "EH"}, {"esp", "ES"}, {"est", "EE"}, {"estonia", "EE"},
    {"eswatini", "SZ"}, {"et", "ET"}, {"eth", "ET"}, {"ethiopia", "ET"}, {"faeroe islands", "FO"},
    {"falkland islands", "FK"}, {"falkland islands malvinas", "FK"}, {"faroe islands", "FO"},
    {"federal republic of germany", "DE"}, {"federated states of micronesia", "FM"}, {"fi", "FI"}, {"fiji", "FJ"},
    {"fin", "FI"}, {"finland", "FI"}, {"fj", "FJ"}, {"fji", "FJ"}, {"fk", "FK"}, {"flk", "FK"}, {"fm", "FM"},
    {"fo", "FO"}, {"former yugoslav republic of macedonia", "MK"}, {"fr", "FR"}, {"fra", "FR"}, {"france", "FR"},
    {"french guiana", "GF"}, {"french polynesia", "PF"}, {"french southern territories", "TF"}, {"fro", "FO"},
    {"fsm", "FM"}, {"fyrom", "MK"}, {"ga", "GA"}, {"gab", "GA"}, {"gabon", "GA"}, {"gambia", "GM"}, {"gb", "GB"},
    {"gbr", "GB"}, {"gd", "GD"}, {"ge", "GE"}, {"geo", "GE"}, {"georgia", "GE"}, {"germany", "DE"}, {"gf", "GF"},
    {"gg", "GG"}, {"ggy", "GG"}, {"gh", "GH"}, {"gha", "GH"}, {"ghana", "GH"}, {"gi", "GI"}, {"gib", "GI"},
    {"gibraltar", "GI"}, {"gin", "GN"}, {"gl", "GL"}, {"glp", "GP"}, {"gm", "GM"}, {"gmb", "GM"}, {"gn", "GN"},
    {"gnb", "GW"}, {"gnq", "GQ"}, {"gp", "GP"}, {"gq", "GQ"}, {"gr", "GR"}, {"grc", "GR"}, {"grd", "GD"},
    {"great britain", "GB"}, {"greece", "GR"}, {"greenland", "GL"}, {"grenada", "GD"}, {"grl", "GL"}, {"gs", "GS"},
    {"gt", "GT"}, {"gtm", "GT"}, {"gu", "GU"}, {"guadeloupe", "GP"}, {"guam", "GU"}, {"guatemala", "GT"},
    {"guernsey", "GG"}, {"guf", "GF"}, {"guinea", "GN"}, {"guinea bissau", "GW"}, {"gum", "GU"}, {"guy", "GY"},
    {"guyana", "GY"}, {"gw", "GW"}, {"gy", "GY"}, {"haiti", "HT"}, {"heard island and mcdonald islands", "HM"},
    {"hellas", "GR"}, {"hellenic republic", "GR"}, {"hk", "HK"}, {"hkg", "HK"}, {"hm", "HM"}, {"hmd", "HM"},
    {"hn", "HN"}, {"hnd", "HN"}, {"holland", "NL"}, {"holy see", "VA"}, {"holy see vatican city state", "VA"},
    {"honduras", "HN"}, {"hong kong", "HK"}, {"hong kong sar", "HK"}, {"hong kong sar china", "HK"}, {"hr", "HR"},
    {"hrv", "HR"}, {"ht", "HT"}, {"hti", "HT"}, {"hu", "HU"}, {"hun", "HU"}, {"hungary", "HU"}, {"iceland", "IS"},
    {"id", "ID"}, {"idn", "ID"}, {"ie", "IE"}, {"il", "IL"}, {"im", "IM"}, {"imn", "IM"}, {"in", "IN"}, {"ind", "IN"},
    {"india", "IN"}, {"indonesia", "ID"}, {"io", "IO"}, {"iot", "IO"}, {"iq", "IQ"}, {"ir", "IR"}, {"iran", "IR"},
    {"iran islamic republic of", "IR"}, {"iraq", "IQ"}, {"ireland", "IE"}, {"irl", "IE"}, {"irn", "IR"},
    {"irq", "IQ"}, {"is", "IS"}, {"isl", "IS"}, {"islamic republic of iran", "IR"}, {"isle of man", "IM"},
    {"isr", "IL"}, {"israel", "IL"}, {"it", "IT"}, {"ita", "IT"}, {"italy", "IT"}, {"ivory coast", "CI"},
    {"jam", "JM"}, {"jamaica", "JM"}, {"japan", "JP"}, {"je", "JE"}, {"jersey", "JE"}, {"jey", "JE"}, {"jm", "JM"},
    {"jo", "JO"}, {"jor", "JO"}, {"jordan", "JO"}, {"jp", "JP"}, {"jpn", "JP"}, {"kaz", "KZ"}, {"kazakhstan", "KZ"},
    {"ke", "KE"}, {"keeling islands", "CC"}, {"ken", "KE"}, {"kenya", "KE"}, {"kg", "KG"}, {"kgz", "KG"},
    {"kh", "KH"}, {"khm", "KH"}, {"ki", "KI"}, {"kingdom of saudi arabia", "SA"},
    {"kingdom of the netherlands", "NL"}, {"kir", "KI"}, {"kiribati", "KI"}, {"km", "KM"}, {"kn", "KN"},
    {"kna", "KN"}, {"kor", "KR"}, {"korea", "KR"}, {"korea dem peoples rep", "KP"},
    {"korea democratic peoples republic of", "KP"}, {"korea north", "KP"}, {"korea rep", "KR"},
    {"korea republic of", "KR"}, {"korea south", "KR"}, {"kosovo", "XK"}, {"kp", "KP"}, {"kr", "KR"},
    {"kuwait", "KW"}, {"kw", "KW"}, {"kwt", "KW"}, {"ky", "KY"}, {"kyrgyz republic", "KG"}, {"kyrgyzstan", "KG"},
    {"kz", "KZ"}, {"la", "LA"}, {"lao", "LA"}, {"lao pdr", "LA"}, {"lao peoples democratic republic", "LA"},
    {"laos", "LA"}, {"latvia", "LV"}, {"lb", "LB"}, {"lbn", "LB"}, {"lbr", "LR"}, {"lby", "LY"}, {"lc", "LC"},
    {"lca", "LC"}, {"lebanon", "LB"}, {"lesotho", "LS"}, {"li", "LI"}, {"liberia", "LR"}, {"libya", "LY"},
    {"lie", "LI"}, {"liechtenstein", "LI"}, {"lithuania", "LT"}, {"lk", "LK"}, {"lka", "LK"}, {"lr", "LR"},
    {"ls", "LS"}, {"lso", "LS"}, {"lt", "LT"}, {"ltu", "LT"}, {"lu", "LU"}, {"lux", "LU"}, {"luxembourg", "LU"},
    {"luxemburg", "LU"}, {"lv", "LV"}, {"lva", "LV"}, {"ly", "LY"}, {"ma", "MA"}, {"mac", "MO"}, {"macao", "MO"},
    {"macao sar", "MO"}, {"macau", "MO"}, {"macau sar china", "MO"}, {"macedonia", "MK"}, {"madagascar", "MG"},
    {"maf", "MF"}, {"mainland china", "CN"}, {"malawi", "MW"}, {"malaysia", "MY"}, {"maldives", "MV"}, {"mali", "ML"},
    {"malta", "MT"}, {"malvinas", "FK"}, {"mar", "MA"}, {"marshall islands", "MH"}, {"martinique", "MQ"},
    {"mauritania", "MR"}, {"mauritius", "MU"}, {"mayotte", "YT"}, {"mc", "MC"}, {"mco", "MC"}, {"md", "MD"},
    {"mda", "MD"}, {"mdg", "MG"}, {"mdv", "MV"}, {"me", "ME"}, {"mex", "MX"}, {"mexico", "MX"}, {"mf", "MF"},
    {"mg", "MG"}, {"mh", "MH"}, {"mhl", "MH"}, {"micronesia", "FM"}, {"micronesia federated states of", "FM"},
    {"mk", "MK"}, {"mkd", "MK"}, {"ml", "ML"}, {"mli", "ML"}, {"mlt", "MT"}, {"mm", "MM"}, {"mmr", "MM"},
    {"mn", "MN"}, {"mne", "ME"}, {"mng", "MN"}, {"mnp", "MP"}, {"mo", "MO"}, {"moldova", "MD"},
    {"moldova republic of", "MD"}, {"monaco", "MC"}, {"mongolia", "MN"}, {"montenegro", "ME"}, {"montserrat", "MS"},
    {"morocco", "MA"}, {"moz", "MZ"}, {"mozambique", "MZ"}, {"mp", "MP"}, {"mq", "MQ"}, {"mr", "MR"}, {"mrt", "MR"},
    {"ms", "MS"}, {"msr", "MS"}, {"mt", "MT"}, {"mtq", "MQ"}, {"mu", "MU"}, {"mus", "MU"}, {"mv", "MV"}, {"mw", "MW"},
    {"mwi", "MW"}, {"mx", "MX"}, {"my", "MY"}, {"myanmar", "MM"}, {"myanmar burma", "MM"}, {"mys", "MY"},
    {"myt", "YT"}, {"mz", "MZ"}, {"na", "NA"}, {"nam", "NA"}, {"namibia", "NA"}, {"nauru", "NR"}, {"nc", "NC"},
    {"ncl", "NC"}, {"ne", "NE"}, {"nepal", "NP"}, {"ner", "NE"}, {"netherlands", "NL"}, {"new caledonia", "NC"},
    {"new zealand", "NZ"}, {"nf", "NF"}, {"nfk", "NF"}, {"ng", "NG"}, {"nga", "NG"}, {"ni", "NI"}, {"nic", "NI"},
    {"nicaragua", "NI"}, {"niger", "NE"}, {"nigeria", "NG"}, {"niu", "NU"}, {"niue", "NU"}, {"nl", "NL"},
    {"nld", "NL"}, {"no", "NO"}, {"nor", "NO"}, {"norfolk island", "NF"}, {"north korea", "KP"},
    {"north macedonia", "MK"}, {"northern ireland", "GB"}, {"northern mariana islands", "MP"}, {"norway", "NO"},
    {"np", "NP"}, {"npl", "NP"}, {"nr", "NR"}, {"nru", "NR"}, {"nu", "NU"}, {"nz", "NZ"}, {"nzl", "NZ"}, {"om", "OM"},
    {"oman", "OM"}, {"omn", "OM"}, {"pa", "PA"}, {"pak", "PK"}, {"pakistan", "PK"}, {"palau", "PW"},
    {"palestine", "PS"}, {"palestine state of", "PS"}, {"palestinian territories", "PS"},
    {"palestinian territory", "PS"}, {"pan", "PA"}, {"panama", "PA"}, {"papua new guinea", "PG"}, {"paraguay", "PY"},
    {"pcn", "PN"}, {"pe", "PE"}, {"peoples republic of china", "CN"}, {"per", "PE"}, {"peru", "PE"}, {"pf", "PF"},
    {"pg", "PG"}, {"ph", "PH"}, {"philippines", "PH"}, {"phl", "PH"}, {"pitcairn", "PN"}, {"pitcairn islands", "PN"},
    {"pk", "PK"}, {"pl", "PL"}, {"plurinational state of bolivia", "BO"}, {"plw", "PW"}, {"pm", "PM"}, {"pn", "PN"},
    {"png", "PG"}, {"pol", "PL"}, {"poland", "PL"}, {"portugal", "PT"}, {"pr", "PR"}, {"pri", "PR"}, {"prk", "KP"},
    {"prt", "PT"}, {"pry", "PY"}, {"ps", "PS"}, {"pse", "PS"}, {"pt", "PT"}, {"puerto rico", "PR"}, {"pw", "PW"},
    {"py", "PY"}, {"pyf", "PF"}, {"qa", "QA"}, {"qat", "QA"}, {"qatar", "QA"}, {"re", "RE"},
    {"republic of china", "TW"}, {"republic of congo", "CG"}, {"republic of ireland", "IE"},
    {"republic of korea", "KR"}, {"republic of moldova", "MD"}, {"republic of north macedonia", "MK"},
    {"republic of the congo", "CG"}, {"reu", "RE"}, {"reunion", "RE"}, {"ro", "RO"}, {"romania", "RO"}, {"rou", "RO"},
    {"rs", "RS"}, {"ru", "RU"}, {"rus", "RU"}, {"russia", "RU"}, {"russian federation", "RU"}, {"rw", "RW"},
    {"rwa", "RW"}, {"rwanda", "RW"}, {"sa", "SA"}, {"samoa", "WS"}, {"san marino", "SM"},
    {"sao tome and principe", "ST"}, {"sau", "SA"}, {"saudi arabia", "SA"}, {"sb", "SB"}, {"sc", "SC"},
    {"scotland", "GB"}, {"sd", "SD"}, {"sdn", "SD"}, {"se", "SE"}, {"sen", "SN"}, {"senegal", "SN"}, {"serbia", "RS"},
    {"seychelles", "SC"}, {"sg", "SG"}, {"sgp", "SG"}, {"sgs", "GS"}, {"sh", "SH"}, {"shn", "SH"}, {"si", "SI"},
    {"sierra leone", "SL"}, {"singapore", "SG"}, {"sint maarten", "SX"}, {"sint maarten dutch part", "SX"},
    {"sj", "SJ"}, {"sjm", "SJ"}, {"sk", "SK"}, {"sl", "SL"}, {"slb", "SB"}, {"sle", "SL"}, {"slovak republic", "SK"},
    {"slovakia", "SK"}, {"slovenia", "SI"}, {"slv", "SV"}, {"sm", "SM"}, {"smr", "SM"}, {"sn", "SN"}, {"so", "SO"},
    {"solomon islands", "SB"}, {"som", "SO"}, {"somalia", "SO"}, {"south africa", "ZA"}, {"south georgia", "GS"},
    {"south georgia and the south sandwich islands", "GS"}, {"south korea", "KR"}, {"south sudan", "SS"},
    {"spain", "ES"}, {"spm", "PM"}, {"sr", "SR"}, {"srb", "RS"}, {"sri lanka", "LK"}, {"ss", "SS"}, {"ssd", "SS"},
    {"st", "ST"}, {"st barthelemy", "BL"}, {"st barts", "BL"}, {"st helena", "SH"},
    {"st helena ascension and tristan da cunha", "SH"}, {"st kitts and nevis", "KN"}, {"st lucia", "LC"},
    {"st martin", "MF"}, {"st martin french part", "MF"}, {"st pierre and miquelon", "PM"}, {"st vincent", "VC"},
    {"st vincent and grenadines", "VC"}, {"st vincent and the grenadines", "VC"}, {"state of palestine", "PS"},
    {"stp", "ST"}, {"sudan", "SD"}, {"sur", "SR"}, {"suriname", "SR"}, {"sv", "SV"}, {"svalbard", "SJ"},
    {"svalbard and jan mayen", "SJ"}, {"svk", "SK"}, {"svn", "SI"}, {"swaziland", "SZ"}, {"swe", "SE"},
    {"sweden", "SE"}, {"swiss confederation", "CH"}, {"switzerland", "CH"}, {"swz", "SZ"}, {"sx", "SX"},
    {"sxm", "SX"}, {"sy", "SY"}, {"syc", "SC"}, {"syr", "SY"}, {"syria", "SY"}, {"syrian arab republic", "SY"},
    {"sz", "SZ"}, {"ta", "TA"}, {"taa", "TA"}, {"tahiti", "PF"}, {"taiwan", "TW"}, {"taiwan province of china", "TW"},
    {"tajikistan", "TJ"}, {"tanzania", "TZ"}, {"tanzania united republic of", "TZ"}, {"tc", "TC"}, {"tca", "TC"},
    {"tcd", "TD"}, {"td", "TD"}, {"tf", "TF"}, {"tg", "TG"}, {"tgo", "TG"}, {"th", "TH"}, {"tha", "TH"},
    {"thailand", "TH"}, {"timor leste", "TL"}, {"tj", "TJ"}, {"tjk", "TJ"}, {"tk", "TK"}, {"tkl", "TK"},
    {"tkm", "TM"}, {"tl", "TL"}, {"tls", "TL"}, {"tm", "TM"}, {"tn", "TN"}, {"to", "TO"}, {"togo", "TG"},
    {"tokelau", "TK"}, {"ton", "TO"}, {"tonga", "TO"}, {"tr", "TR"}, {"trinidad", "TT"},
    {"trinidad and tobago", "TT"}, {"tristan da cunha", "TA"}, {"tt", "TT"}, {"tto", "TT"}, {"tun", "TN"},
    {"tunisia", "TN"}, {"tur", "TR"}, {"turkey", "TR"}, {"turkiye", "TR"}, {"turkmenistan", "TM"},
    {"turks and caicos", "TC"}, {"turks and caicos islands", "TC"}, {"tuv", "TV"}, {"tuvalu", "TV"}, {"tv", "TV"},
    {"tw", "TW"}, {"twn", "TW"}, {"tz", "TZ"}, {"tza", "TZ"}, {"ua", "UA"}, {"uae", "AE"}, {"ug", "UG"},
    {"uga", "UG"}, {"uganda", "UG"}, {"uk", "GB"}, {"ukr", "UA"}, {"ukraine", "UA"}, {"um", "UM"}, {"umi", "UM"},
    {"united arab emirates", "AE"}, {"united kingdom", "GB"},
    {"united kingdom of great britain and northern ireland", "GB"}, {"united mexican states", "MX"},
    {"united republic of tanzania", "TZ"}, {"united states", "US"}, {"united states minor outlying islands", "UM"},
    {"united states of america", "US"}, {"united states virgin islands", "VI"}, {"uruguay", "UY"}, {"ury", "UY"},
    {"us", "US"}, {"us minor outlying islands", "UM"}, {"us virgin islands", "VI"}, {"usa", "US"}, {"uy", "UY"},
    {"uz", "UZ"}, {"uzb", "UZ"}, {"uzbekistan", "UZ"}, {"va", "VA"}, {"vanuatu", "VU"}, {"vat", "VA"},
    {"vatican", "VA"}, {"vatican city", "VA"}, {"vatican city state", "VA"}, {"vc", "VC"}, {"vct", "VC"},
    {"ve", "VE"}, {"ven", "VE"}, {"venezuela", "VE"}, {"venezuela bolivarian republic of", "VE"}, {"vg", "VG"},
    {"vgb", "VG"}, {"vi", "VI"}, {"viet nam", "VN"}, {"vietnam", "VN"}, {"vir", "VI"}, {"virgin islands", "VI"},
    {"virgin islands british", "VG"}, {"virgin islands uk", "VG"}, {"virgin islands us", "VI"}, {"vn", "VN"},
    {"vnm", "VN"}, {"vu", "VU"}, {"vut", "VU"}, {"wales", "GB"}, {"wallis and futuna", "WF"},
    {"western sahara", "EH"}, {"wf", "WF"}, {"wlf", "WF"}, {"ws", "WS"}, {"wsm", "WS"}, {"xk", "XK"}, {"xkx", "XK"},
    {"ye", "YE"}, {"yem", "YE"}, {"yemen", "YE"}, {"yt", "YT"}, {"za", "ZA"}, {"zaf", "ZA"}, {"zaire", "CD"},
    {"zambia", "ZM"}, {"zimbabwe", "ZW"}, {"zm", "ZM"}, {"zmb", "ZM"}, {"zw", "ZW"}, {"zwe", "ZW"},
};

/* ASCII letter for the letters U+00C0 to U+00FF, the second byte of which follows 0xC3. */
static char unaccented(unsigned char second)
{
    static const char letters[] = "aaaaaaaceeeeiiiidnooooo ouuuuy s" "aaaaaaaceeeeiiiidnooooo ouuuuy y";

    return letters[second & 0x3F];
}

/* What one character, of *ret_step bytes, becomes: a letter, ' ', or 0 for nothing. */
static char plain(const char *text, size_t n, size_t *ret_step)
{
    unsigned char c = (unsigned char)text[0];

    *ret_step = 1;
    if (c >= 'A' && c <= 'Z')
        return (char)(c | 0x20);
    if (c <= ' ' || c == '-' || c == '_')
        return ' ';
    if (strchr(".,()'", c))
        return 0;
    if (c == 0xC3 && n > 1 && ((unsigned char)text[1] & 0xC0) == 0x80) {
        *ret_step = 2;
        return unaccented((unsigned char)text[1]);
    }
    if (n > 2 && memcmp(text, "\xE2\x80\x99", 3) == 0) { /* the typographic apostrophe */
        *ret_step = 3;
        return 0;
    }
    return (char)c;
}

static void put(char out[ROOM], size_t *n, char c)
{
    if (c == ' ' && (*n == 0 || out[*n - 1] == ' '))
        return;
    if (*n < ROOM - 1)
        out[(*n)++] = c;
}

static void put_and(char out[ROOM], size_t *n)
{
    put(out, n, ' ');
    for (const char *p = "and "; *p; p++)
        put(out, n, *p);
}

/* Takes `before` off the front and puts the shorter `after` there. */
static void shorten(char *name, const char *before, const char *after)
{
    size_t n_before = strlen(before), n_after = strlen(after);

    if (strncmp(name, before, n_before) != 0)
        return;
    memcpy(name, after, n_after);
    memmove(name + n_after, name + n_before, strlen(name + n_before) + 1);
}

/* Lower case, without accents and punctuation, one blank between words. */
static void normalise(const char *text, size_t n, char out[ROOM])
{
    size_t n_out = 0, step;

    for (size_t i = 0; i < n; i += step) {
        char c = plain(text + i, n - i, &step);

        if (c == '&' && n_out) /* alone it would read as Andorra's code */
            put_and(out, &n_out);
        else if (c)
            put(out, &n_out, c);
    }
    if (n_out && out[n_out - 1] == ' ')
        n_out--;
    out[n_out] = '\0';
    shorten(out, "the ", "");
    shorten(out, "saint ", "st ");
}

static int compare(const void *name, const void *entry)
{
    return strcmp(name, ((const struct entry *)entry)->name);
}

const char *leat_country_code(const char *text, size_t n)
{
    const struct entry *found;
    char name[ROOM];

    normalise(text, n, name);
    found = bsearch(name, table, sizeof table / sizeof *table, sizeof *table, compare);
    return found ? found->code : NULL;
}

int leat_country_table_sorted(void)
{
    for (size_t i = 1; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i - 1].name, table[i].name) >= 0)
            return 0;
    return 1;
}
