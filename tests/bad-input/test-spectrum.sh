# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# csv-spectrum (from LEAT_TEST_DATA): each of its CSV files is what its JSON file says. Files of our
# own of the same kinds are read first, also where the data is not there.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/tap.sh"
. "$top_srcdir/tests/bad-input/common.sh"
requires python3

# equals NAME CSV JSON [OPTION]: read by leat, the file holds these records
equals()
{
    cp "$2" in.csv
    cp "$3" wanted.json
    moves "csv: {path: in.csv${4-}}" 'jsonl: out/o.jsonl'
    is "$status $(counted rejected)" "0 0" "$1: is read"
    python3 - <<'END'
import json, sys
wanted = json.load(open("wanted.json", encoding="utf-8"))
with open("out/o.jsonl", encoding="utf-8", newline="\n") as f:
    got = [json.loads(line) for line in f]
if got != wanted:
    print("# got", ascii(got)[:500], "\n# wanted", ascii(wanted)[:500])
sys.exit(got != wanted)
END
    ok $? "$1: equals its JSON"
}

# own NAME CSV JSON [OPTION]
own()
{
    printf '%b' "$2" >own.csv
    printf '%s' "$3" >own.json
    equals "own, $1" own.csv own.json "${4-}"
}

own "commas in quotes" 'first,last,address\nJohn,Doe,"Anytown, WW, 08123"' '[{"first": "John", "last": "Doe", "address": "Anytown, WW, 08123"}]'
own "empty values" 'a,b,c\n1,"",""\n2,3,4\r\n' '[{"a": "1", "b": "", "c": ""}, {"a": "2", "b": "3", "c": "4"}]'
own "quotes in quotes" 'a,b\n1,"ha ""ha"" ha"\n3,""""\n' '[{"a": "1", "b": "ha \"ha\" ha"}, {"a": "3", "b": "\""}]'
own "JSON as a value" 'key,val\n1,"{""type"": ""Point"", ""at"": [102.0, 0.5]}"\n' '[{"key": "1", "val": "{\"type\": \"Point\", \"at\": [102.0, 0.5]}"}]'
own "line ends in quotes" 'a,b\n"Once upon \na time",5\r\n"x\r\ny",6\n' '[{"a": "Once upon \na time", "b": "5"}, {"a": "x\r\ny", "b": "6"}]'
own "quotes and line ends" 'a,b\r\n1,"ha \r\n""ha"" \r\nha"\r\n3,4\r\n' '[{"a": "1", "b": "ha \r\n\"ha\" \r\nha"}, {"a": "3", "b": "4"}]'
own "UTF-8" 'a,b\n\xca\xa4,\xf0\x9f\x98\x80' '[{"a": "ʤ", "b": "😀"}]'
own "quotes in plain values" 'a,b\n37\xc2\xb036'"'"'37.8"N,121"x' '[{"a": "37°36'"'"'37.8\"N", "b": "121\"x"}]' ', strict: false'
printf 'a,b\n37"N,x\n' >in.csv
moves 'csv: in.csv' 'jsonl: out/o.jsonl'
is "$(rejected)" ":bad_quote" "own, quotes in plain values: strictly, they are rejects"

data=${LEAT_TEST_DATA:+$LEAT_TEST_DATA/csv-spectrum}
if [ -z "$data" ] || [ ! -d "$data" ]; then
    skip "csv-spectrum" "no csv-spectrum in LEAT_TEST_DATA"
    done_testing
fi
for file in "$data"/csvs/*.csv; do
    name=$(basename "$file" .csv)
    cp "$file" spectrum.csv
    cp "$data/json/$name.json" spectrum.json
    case $name in
    location_coordinates)
        # It has quotes in plain values. Its JSON is no list, and its telephone number is another one.
        python3 -c 'import json; r = json.load(open("spectrum.json")); r["Contact Phone Number"] = "2095257564"; json.dump([r], open("spectrum.json", "w"))'
        equals "$name" spectrum.csv spectrum.json ', strict: false'
        ;;
    *_crlf)
        # Some copies have gone through a Git that made LF of each CRLF.
        grep -q "$(printf '\r')" spectrum.csv ||
            python3 -c 'd = open("spectrum.csv", "rb").read(); open("spectrum.csv", "wb").write(d.replace(b"\n", b"\r\n"))'
        equals "$name" spectrum.csv spectrum.json
        ;;
    *)
        equals "$name" spectrum.csv spectrum.json
        ;;
    esac
done
done_testing
