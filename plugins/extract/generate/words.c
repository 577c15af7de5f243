/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Mail domains stand below the names that RFC 2606 sets aside, so that no
 * generated user can be written to.
 */
#include "words.h"

#define W(text) { text, sizeof(text) - 1 }
#define NAME(text, ascii) { W(text), W(ascii) }
#define LIST(array) { array, sizeof array / sizeof *array }

static const struct name english_first[] = {
    NAME("Margaret", "margaret"), NAME("Walter", "walter"),   NAME("Priya", "priya"),   NAME("Deshawn", "deshawn"),
    NAME("Imogen", "imogen"),     NAME("Everett", "everett"), NAME("Mei-Lin", "meilin"), NAME("Callum", "callum"),
    NAME("Beatrice", "beatrice"), NAME("Noah", "noah"),       NAME("Rosalind", "rosalind"), NAME("J.R.", "jr"),
};
static const struct name english_last[] = {
    NAME("Whitfield", "whitfield"), NAME("Okafor", "okafor"),     NAME("Ashdown", "ashdown"), NAME("Patel", "patel"),
    NAME("O'Hara", "ohara"),        NAME("Pemberton", "pemberton"), NAME("Delgado", "delgado"), NAME("Brook", "brook"),
    NAME("St. John", "stjohn"),     NAME("Hawkes-Lee", "hawkeslee"), NAME("MacAllister", "macallister"),
    NAME("Trent, Jr.", "trent"),
};
static const struct name irish_first[] = {
    NAME("Siobhán", "siobhan"), NAME("Aoife", "aoife"), NAME("Cillian", "cillian"), NAME("Pádraig", "padraig"),
    NAME("Gráinne", "grainne"), NAME("Declan", "declan"),
};
static const struct name irish_last[] = {
    NAME("Ó Súilleabháin", "osuilleabhain"), NAME("Ní Bhriain", "nibhriain"), NAME("Gallagher", "gallagher"),
    NAME("O'Shea", "oshea"), NAME("Keane", "keane"),
};
static const struct name french_first[] = {
    NAME("Aurélie", "aurelie"), NAME("Benoît", "benoit"), NAME("Clémence", "clemence"), NAME("Gaëtan", "gaetan"),
    NAME("Hélène", "helene"),   NAME("Jérôme", "jerome"), NAME("Mathilde", "mathilde"), NAME("Yasmine", "yasmine"),
    NAME("Jean-Loup", "jeanloup"), NAME("Noe\xCC\x81mie", "noemie"), /* a combining accent, as a Mac writes it */
};
static const struct name french_last[] = {
    NAME("Chevrier", "chevrier"), NAME("L'Hénoret", "lhenoret"), NAME("Béranger", "beranger"),
    NAME("de La Tour", "delatour"), NAME("Benkacem", "benkacem"), NAME("Maçon", "macon"), NAME("Vasseur", "vasseur"),
};
static const struct name german_first[] = {
    NAME("Annegret", "annegret"), NAME("Bärbel", "baerbel"), NAME("Dietmar", "dietmar"), NAME("Jürgen", "juergen"),
    NAME("Käthe", "kaethe"),      NAME("Lutz", "lutz"),      NAME("Wiebke", "wiebke"),   NAME("Mehmet", "mehmet"),
    NAME("Friederike", "friederike"), NAME("Günther", "guenther"),
};
static const struct name german_last[] = {
    NAME("Weiß", "weiss"),     NAME("Böttcher", "boettcher"),   NAME("Krämer", "kraemer"), NAME("von der Au", "vonderau"),
    NAME("Strauß", "strauss"), NAME("Lindqvist", "lindqvist"), NAME("Öztürk", "oeztuerk"), NAME("Hagedorn", "hagedorn"),
};
static const struct name spanish_first[] = {
    NAME("Begoña", "begona"), NAME("Íñigo", "inigo"), NAME("Joaquín", "joaquin"), NAME("Lucía", "lucia"),
    NAME("Rocío", "rocio"),   NAME("Sebastián", "sebastian"),
};
static const struct name spanish_last[] = {
    NAME("Ibáñez Soler", "ibanez"), NAME("Echeverría", "echeverria"), NAME("Peña", "pena"),
    NAME("Castaño", "castano"),     NAME("Montero", "montero"),
};
static const struct name italian_first[] = {
    NAME("Niccolò", "niccolo"), NAME("Fiammetta", "fiammetta"), NAME("Ludovica", "ludovica"),
    NAME("Tommaso", "tommaso"), NAME("Beniamino", "beniamino"),
};
static const struct name italian_last[] = {
    NAME("Dell'Acqua", "dellacqua"), NAME("Nicolò", "nicolo"), NAME("Bevilacqua", "bevilacqua"),
    NAME("Fornasier", "fornasier"),  NAME("D’Amico", "damico"), /* a curly apostrophe */
};
static const struct name dutch_first[] = {
    NAME("Daniël", "daniel"), NAME("Fleur", "fleur"), NAME("Jurriaan", "jurriaan"), NAME("Maaike", "maaike"),
    NAME("Sjoerd", "sjoerd"),
};
static const struct name dutch_last[] = {
    NAME("van 't Hoff", "vanthoff"), NAME("de Bruijn", "debruijn"), NAME("Coëlho", "coelho"),
    NAME("Molenaar", "molenaar"),    NAME("Zijlstra", "zijlstra"),
};
static const struct name foreign_first[] = {
    NAME("Ngọc", "ngoc"),   NAME("Oğuz", "oguz"),     NAME("Дмитро", "dmytro"), NAME("Ελένη", "eleni"),
    NAME("明美", "akemi"),  NAME("Åse", "aase"),      NAME("Ólafur", "olafur"), NAME("Jiří", "jiri"),
    NAME("Ștefan", "stefan"), NAME("נועה", "noa"),    NAME("ليلى", "layla"),    NAME("지훈", "jihun"),
};
static const struct name foreign_last[] = {
    NAME("Trần", "tran"),     NAME("Şahin", "sahin"),   NAME("Шевчук", "shevchuk"), NAME("Αγγελόπουλος", "angelopoulos"),
    NAME("山本", "yamamoto"), NAME("Ødegaard", "odegaard"), NAME("Þórsdóttir", "thorsdottir"),
    NAME("Dvořák", "dvorak"), NAME("Żółkiewski", "zolkiewski"), NAME("כהן", "cohen"), NAME("حداد", "haddad"),
};

static const struct word english_streets[] = { W("Mill Lane"), W("Weir Road"), W("Old Sluice Way"), W("Harbour View"),
                                               W("Orchard Close"), W("N. 5th Avenue"), W("Kingfisher Court") };
static const struct word french_streets[] = { W("rue du Moulin"), W("quai de l'Écluse"), W("allée des Érables"),
                                              W("chemin des Prés") };
static const struct word german_streets[] = { W("Mühlgasse"), W("Am Wehr"), W("Lindenweg"), W("Bachstraße"),
                                              W("Große Allee") };
static const struct word spanish_streets[] = { W("calle del Molino"), W("paseo de la Acequia"), W("avenida Begoña") };
static const struct word italian_streets[] = { W("via dei Mulini"), W("vicolo Chiuso"), W("piazza Libertà") };
static const struct word dutch_streets[] = { W("Molenstraat"), W("Sluiskade"), W("Achter de Dijk") };

static const struct word us_cities[] = { W("Portland, OR"), W("Duluth, MN"), W("Baton Rouge, LA"), W("Española, NM") };
static const struct word gb_cities[] = { W("Sheffield"), W("Stoke-on-Trent"), W("Bristol"), W("Kingston upon Hull") };
static const struct word ie_cities[] = { W("Dún Laoghaire"), W("Galway"), W("Cork") };
static const struct word fr_cities[] = { W("Besançon"), W("L'Haÿ-les-Roses"), W("Grenoble"), W("Sète") };
static const struct word de_cities[] = { W("Mülheim an der Ruhr"), W("Görlitz"), W("Freiburg"), W("Kassel") };
static const struct word es_cities[] = { W("A Coruña"), W("Cádiz"), W("Bilbao") };
static const struct word it_cities[] = { W("Forlì"), W("L'Aquila"), W("Bergamo") };
static const struct word nl_cities[] = { W("'s-Hertogenbosch"), W("Delft"), W("Zwolle") };

static const struct word us_phones[] = { W("(503) %##-####"), W("218-%##-####"), W("505.%##.####"),
                                         W("(225) %##-####"), W("1-612-%##-####"), W("+1 971 %## ####") };
static const struct word gb_phones[] = { W("0114 2## ####"), W("020 7%## ####"), W("07712 ######"), W("(0117) 9## ####"),
                                         W("+44 7831 ######") };
static const struct word ie_phones[] = { W("087 %## ####"), W("01 4## ####"), W("(086) %######") };
static const struct word fr_phones[] = { W("03 8# ## ## ##"), W("06 %# ## ## ##"), W("04.76.##.##.##"), W("014%######"),
                                         W("+33 6 1# ## ## ##") };
static const struct word de_phones[] = { W("030/%#######"), W("0151-%#######"), W("(0561) %#####"), W("0761 %######"),
                                         W("+49 170 %######") };
static const struct word es_phones[] = { W("6%# ### ###"), W("956 %## ###"), W("+34 6%#######") };
static const struct word it_phones[] = { W("339 %######"), W("035 %#####"), W("+39 347 %######") };
static const struct word nl_phones[] = { W("06-1#######"), W("015-2######"), W("+31 6 2#######") };
static const struct word no_phones[] = { W("n/a"), W("-"), W("0"), W("12345"), W("555-0123"), W("ask Anna"),
                                         W("000000000000000000") };

static const struct word domains[] = { W("millstream.example.com"), W("fastpost.example.net"), W("example.org"),
                                       W("brook-mail.example.com"), W("alumni.weir.example.org"), W("example.net") };
static const struct word roles[] = { W("user"), W("editor"), W("billing"), W("auditor"), W("support"), W("admin") };

const struct names generate_foreign_first = LIST(foreign_first), generate_foreign_last = LIST(foreign_last);
const struct words generate_domains = LIST(domains), generate_roles = LIST(roles), generate_no_phones = LIST(no_phones);

const struct country generate_countries[] = {
    { "US", 28, LIST(english_first), LIST(english_last), LIST(english_streets), LIST(us_cities), LIST(us_phones),
      W("%####"), 0 },
    { "GB", 20, LIST(english_first), LIST(english_last), LIST(english_streets), LIST(gb_cities), LIST(gb_phones),
      W("S%# #@@"), 0 },
    { "FR", 17, LIST(french_first), LIST(french_last), LIST(french_streets), LIST(fr_cities), LIST(fr_phones),
      W("%####"), 0 },
    { "DE", 17, LIST(german_first), LIST(german_last), LIST(german_streets), LIST(de_cities), LIST(de_phones),
      W("0####"), 1 },
    { "ES", 6, LIST(spanish_first), LIST(spanish_last), LIST(spanish_streets), LIST(es_cities), LIST(es_phones),
      W("%####"), 1 },
    { "IT", 6, LIST(italian_first), LIST(italian_last), LIST(italian_streets), LIST(it_cities), LIST(it_phones),
      W("%####"), 1 },
    { "NL", 4, LIST(dutch_first), LIST(dutch_last), LIST(dutch_streets), LIST(nl_cities), LIST(nl_phones),
      W("%### @@"), 1 },
    { "IE", 2, LIST(irish_first), LIST(irish_last), LIST(english_streets), LIST(ie_cities), LIST(ie_phones),
      W("D## @%#@"), 0 },
};
const unsigned generate_n_countries = sizeof generate_countries / sizeof *generate_countries;
