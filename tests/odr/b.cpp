// The other translation unit: the library twice, by its two umbrellas, and no macros in the way.
#include <airstrip/spirv.hpp>

#include <airstrip/airstrip.hpp>

#include "exercise.hpp"

Observation observe_b();
Observation observe_b() { return exercise(); }
