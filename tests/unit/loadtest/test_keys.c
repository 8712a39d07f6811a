#include "loadtest/keys.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_TEMPLATE "/tmp/simgate-keys-XXXXXX"

static struct dtls_client_key *learn(const char *text)
{
    return keys_from_bootstrap((const uint8_t *)text, strlen(text));
}

static void keep(void *owner, uint32_t row, struct dtls_client_key *key)
{
    ((struct dtls_client_key **)owner)[row] = key;
}

static int read_text(const char *text, struct dtls_client_key **keys, uint32_t count,
                     char problem[160])
{
    char path[] = FILE_TEMPLATE;
    int fd = mkstemp(path);
    int error;

    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    error = keys_read(path, count, keep, keys, problem);
    unlink(path);
    return error;
}

Test(keys, come_from_what_bootstrap_answers)
{
    struct dtls_client_key *key = learn("8988280666000000001,abcdefghijklmnop,coaps://h:5684");

    cr_assert_not_null(key);
    cr_assert_str_eq(key->identity, "8988280666000000001");
    cr_assert_eq(key->key_length, 16);
    cr_assert_eq(memcmp(key->key, "abcdefghijklmnop", 16), 0);
    free(key);
    key = learn("1,k");
    cr_assert_not_null(key);
    cr_assert_eq(key->key_length, 1);
    free(key);
}

Test(keys, do_not_come_from_something_else)
{
    cr_assert_null(learn(""));
    cr_assert_null(learn("8988280666000000001"));
    cr_assert_null(learn(",key,coaps://h"));
    cr_assert_null(learn("1,,coaps://h"));
}

Test(keys, come_from_a_file_by_its_columns)
{
    struct dtls_client_key *keys[2] = {0};
    char problem[160] = "";

    cr_assert_eq(
        read_text("address,psk,iccid\n10.0.0.1,one,11\r\n10.0.0.2,two,12\n", keys, 2, problem), 0,
        "%s", problem);
    cr_assert_str_eq(keys[1]->identity, "12");
    cr_assert_eq(memcmp(keys[1]->key, "two", 3), 0);
    free(keys[0]);
    free(keys[1]);
}

Test(keys, come_from_a_file_in_hexadecimal_too)
{
    struct dtls_client_key *keys[2] = {0};
    char problem[160] = "";

    cr_assert_eq(read_text("iccid,psk,psk_format\n11,00ffA1,hex\n12,00ff,text\n", keys, 2, problem),
                 0, "%s", problem);
    cr_assert_eq(keys[0]->key_length, 3);
    cr_assert_eq(memcmp(keys[0]->key, "\x00\xff\xa1", 3), 0);
    cr_assert_eq(keys[1]->key_length, 4);
    free(keys[0]);
    free(keys[1]);
}

Test(keys, a_wrong_file_is_refused_with_its_line)
{
    static const struct {
        const char *text, *line;
    } wrong[] = {{"", "line 1"},
                 {"iccid,key\n1,2\n", "line 1"},
                 {"iccid,psk\n1,2\n", "line 3"},
                 {"iccid,psk\n1\n1,2\n", "line 2"},
                 {"iccid,psk\n1,\n1,2\n", "line 2"},
                 {"iccid,psk,psk_format\n1,0,hex\n1,2,text\n", "line 2"},
                 {"iccid,psk,psk_format\n1,0g,hex\n1,2,text\n", "line 2"}};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct dtls_client_key *keys[2] = {0};
        char problem[160] = "";

        cr_assert_eq(read_text(wrong[i].text, keys, 2, problem), -EINVAL);
        cr_assert_eq(strncmp(problem, wrong[i].line, strlen(wrong[i].line)), 0, "%s", problem);
        free(keys[0]);
        free(keys[1]);
    }
}
