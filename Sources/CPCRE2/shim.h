/* PCRE2 wants its code unit width before its header; a system target takes no settings. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
