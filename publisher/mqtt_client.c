#include "publisher/mqtt_client.h"

#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>

/* Where OpenSSL finds certificates on the usual systems, besides its own default. */
#define SYSTEM_CA_PATH "/etc/ssl/certs"

static const char *text_or_null(const char *text)
{
    return text && *text ? text : NULL;
}

/* Instead of libmosquitto's question on the terminal. */
static int refuse_passphrase(char *buffer, int size, int writing, void *context)
{
    return 0;
}

static int set_tls(struct mosquitto *client, const struct publisher_settings *settings)
{
    const char *ca_file = text_or_null(settings->ca_file);
    int error = MOSQ_ERR_SUCCESS;

    /* The path is needed as well: with the option alone, 2.0.11 cannot connect a second time. */
    if (!ca_file)
        error = mosquitto_int_option(client, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
    if (!error)
        error = mosquitto_tls_set(client, ca_file, ca_file ? NULL : SYSTEM_CA_PATH,
                                  text_or_null(settings->cert_file),
                                  text_or_null(settings->key_file), refuse_passphrase);
    return error;
}

static int configure(struct mosquitto *client, const struct mqtt_connection_settings *settings,
                     const char **what)
{
    const struct publisher_settings *publisher = settings->publisher;
    int error;

    *what = "MQTT options";
    error = mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    if (!error)
        error = mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    if (!error) {
        *what = "user name and password";
        error = mosquitto_username_pw_set(client, text_or_null(publisher->username),
                                          text_or_null(publisher->password));
    }
    if (!error && settings->url.tls) {
        *what = "certificate files";
        error = set_tls(client, publisher);
    }
    return error;
}

struct mosquitto *mqtt_client_new(const struct mqtt_connection_settings *settings, void *context,
                                  char **error)
{
    char id[64];
    struct mosquitto *client;
    const char *what;
    int code;

    snprintf(id, sizeof(id), "simgate-%016" PRIx64 "-%" PRIu32, settings->process,
             settings->number);
    client = mosquitto_new(id, true, context);
    if (!client)
        return NULL;
    code = configure(client, settings, &what);
    if (code) {
        if (asprintf(error, "%s: %s", what, mosquitto_strerror(code)) < 0)
            *error = NULL;
        mosquitto_destroy(client);
        return NULL;
    }
    return client;
}

bool mqtt_client_has_choice(const char *host)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list;
    bool several;

    if (getaddrinfo(host, NULL, &hints, &list))
        return false;
    several = list->ai_next != NULL;
    freeaddrinfo(list);
    return several;
}
