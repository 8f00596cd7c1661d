// The lane dialect in C++.
#pragma once

#include "compiler/dialect/TileDialect.h"

#include "compiler/lane/LaneDialect.h.inc"
#include "compiler/lane/LaneEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/lane/LaneAttrs.h.inc"
#define GET_OP_CLASSES
#include "compiler/lane/LaneOps.h.inc"
