// The bodies of the adapter.
#pragma once

#include "reflect.hpp"
#include "translate.hpp"
