/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Whether there is a time zone of a name: a file in the system's folder, from
 * which the engine reads it. Where there is no such folder nobody knows here.
 */
#include "kit/fields/zone.h"

#include <unistd.h>

#include "kit/text/text.h"

#define FOLDER "/usr/share/zoneinfo"

enum { MAX_NAME = 64, NEAR = 2 };

bool leat_timezone_is_known(const char *name)
{
    char path[sizeof FOLDER + MAX_NAME + 1], magic[4] = "";
    FILE *file = NULL;

    if (access(FOLDER, X_OK) < 0)
        return true;
    if (*name && *name != '/' && strlen(name) < MAX_NAME && !strstr(name, "..")) {
        (void)snprintf(path, sizeof path, FOLDER "/%s", name);
        file = fopen(path, "re");
    }
    if (!file)
        return false;
    (void)!fread(magic, 1, sizeof magic, file);
    (void)fclose(file);
    return memcmp(magic, "TZif", sizeof magic) == 0;
}

/* Of a name without a slash the city, too: Paris is Europe/Paris. */
static int distance(const char *name, const char *zone)
{
    const char *city = strrchr(zone, '/');
    int whole = leat_text_distance(name, strlen(name), zone, strlen(zone));

    if (!city || strchr(name, '/'))
        return whole;
    return leat_text_distance(name, strlen(name), city + 1, strlen(city + 1));
}

/* Country, place, zone, remark; tabs between. */
static const char *zone_of(char *line)
{
    char *zone = *line == '#' ? NULL : strchr(line, '\t');

    zone = zone ? strchr(zone + 1, '\t') : NULL;
    if (zone)
        zone[1 + strcspn(zone + 1, "\t\n")] = '\0';
    return zone ? zone + 1 : NULL;
}

bool leat_timezone_nearest(const char *name, char room[LEAT_TIMEZONE_ROOM])
{
    FILE *file = fopen(FOLDER "/zone.tab", "re");
    int best = NEAR + 1;
    char line[512];

    while (file && fgets(line, sizeof line, file)) {
        const char *zone = zone_of(line);
        int d = zone ? distance(name, zone) : best;

        if (d < best) {
            best = d;
            (void)snprintf(room, LEAT_TIMEZONE_ROOM, "%s", zone);
        }
    }
    if (file)
        (void)fclose(file);
    return best <= NEAR;
}
