// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables for people, and the fields of JSON objects.
 */
#include "dvsctl.h"

#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <string.h>

const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

long long number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

char *join_numbers(const json_t *numbers)
{
	char *text = format_text("%s", "");
	json_t *number;
	size_t i;

	json_array_foreach((json_t *)numbers, i, number) {
		char *longer = format_text("%s%s%lld", text, i ? "," : "",
					   (long long)json_integer_value(number));

		free(text);
		text = longer;
	}
	return text;
}

/* Text from other nodes may hold anything: nothing of it may act on the terminal. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static char *cell(const json_t *row, const struct column *column)
{
	const json_t *value = json_object_get(row, column->key);
	char *text;

	if (column->format)
		text = column->format(row);
	else if (json_is_integer(value))
		text = format_text("%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		text = format_text("%s", json_is_true(value) ? "yes" : "no");
	else if (json_is_array(value))
		text = join_numbers(value);
	else
		text = format_text("%s", json_string_value(value) ?: "");
	make_printable(text);
	/* An empty cell would make the columns of a line count differently. */
	if (!*text) {
		free(text);
		text = format_text("-");
	}
	return text;
}

int list(struct context *context, const char *object, json_t *fields, const char *member,
	 const struct column *columns)
{
	const json_t *rows;
	json_t *answer;
	int status, printed;

	/* An answer may come with an error: some nodes did not say what they have. */
	status = request(context, object, "list", fields, &answer);
	if (!answer)
		return status;
	rows = json_object_get(answer, "data");
	if (member)
		rows = json_object_get(rows, member);
	printed = context->json ? report_json(answer) : print_table(rows, columns);
	json_decref(answer);
	return status ?: printed;
}

int print_table(const json_t *rows, const struct column *columns)
{
	struct libscols_table *table = scols_new_table();
	const struct column *column;
	int status = EXIT_FAILED;
	json_t *row;
	size_t i;

	if (!table)
		goto out;
	for (column = columns; column->heading; column++)
		if (!scols_table_new_column(table, column->heading, 0,
					    column->right ? SCOLS_FL_RIGHT : 0))
			goto out;
	json_array_foreach((json_t *)rows, i, row) {
		struct libscols_line *line = scols_table_new_line(table, NULL);
		size_t n = 0;

		if (!line)
			goto out;
		for (column = columns; column->heading; column++) {
			char *text = cell(row, column);

			if (scols_line_refer_data(line, n++, text)) {
				free(text);
				goto out;
			}
		}
	}
	if (!scols_print_table(table))
		status = EXIT_OK;
out:
	if (status)
		fputs("dvsctl: cannot print the table\n", stderr);
	scols_unref_table(table);
	return status;
}
