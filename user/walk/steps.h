/* steps.h - one door as a list of steps, and where they are shown.
 *
 *   reasons.cpp   why each function of the path is there, one sentence each
 *   steps.cpp     the door is opened once, captured, and the capture made into steps
 *   lecture.cpp   a step at a time, forward and back by keys; without keys, one after the other
 */
#ifndef WALK_STEPS_H
#define WALK_STEPS_H

#include "walk.h"

/* Why is one sentence of this program's; all else is of the capture. */
struct Page {
    std::string part;               /* "the commit" */
    std::vector<std::string> stair; /* outermost first; the last one is where it is now */
    std::string why, changed;
    std::vector<std::string> evidence;
};

const char *reason_of(const std::string &module, const std::string &function);
std::vector<Page> steps_of(const Door &door);
int lecture(const Door &door);

#endif
