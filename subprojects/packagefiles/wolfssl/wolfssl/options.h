/* Stands before a system-wide wolfssl/options.h, whose settings are another build's. */
#include "user_settings.h"
