"""Tampering: any stored field of any decision changed, a record removed, the newest cut off; verify names the place."""

import unittest

from company import Company


class Verify(Company):
    @classmethod
    def prepare(cls):
        from company import sinan

        answer = sinan("-C", cls.template, "run")
        if answer.code != 0:
            raise AssertionError(str(answer))

    def tables(self, database):
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'decision%'")]
        self.assertTrue(names)
        return names

    def refused(self, what):
        answer = self.sinan("decisions", "verify")
        self.assertEqual(answer.code, 1, f"{what} goes unseen: {answer}")
        self.assertTrue(answer.out or answer.err)
        return answer

    def test_an_untouched_chain_verifies(self):
        self.ok("decisions", "verify")

    def test_a_state_that_is_not_there_is_not_called_whole(self):
        missing = self.dir / "nowhere"
        for command in (["decisions", "verify"], ["decisions", "list"], ["runs", "list"], ["query", "SELECT 1"]):
            answer = self.sinan("--state", str(missing), *command)
            self.assertEqual(answer.code, 2, f"{command}: {answer}")
            self.assertIn("there is no state", answer.err)
            self.assertFalse(missing.exists(), command)

    def test_lists_tell_a_slip_from_an_empty_answer(self):
        for arguments, code, words in [
            (["decisions", "list", "--kind", "purchase_orders"], 2, "--kind takes purchase_order"),
            (["decisions", "list", "--item", "nosuch"], 0, "No decision is as asked for"),
            (["runs", "list", "--workflow", "cylce"], 2, "there is no workflow 'cylce'"),
        ]:
            answer = self.sinan(*arguments)
            self.assertEqual(answer.code, code, f"{arguments}: {answer}")
            self.assertIn(words, answer.err)

    def test_every_field_of_every_kind_of_record_is_covered(self):
        database = self.store()
        for table in self.tables(database):
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            rows = [row[0] for row in database.execute(f"SELECT rowid FROM {table} ORDER BY rowid")]
            if not rows:
                continue
            for column in columns:
                for rowid in {rows[0], rows[len(rows) // 2], rows[-1]}:
                    before = database.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (rowid,)).fetchone()[0]
                    after = before + 1 if isinstance(before, (int, float)) else (before or "") + "x"
                    try:
                        with database:
                            database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (after, rowid))
                    except Exception:  # a constraint of the table itself refused the change
                        database.rollback()
                        continue
                    self.refused(f"{table}.{column} of row {rowid}")
                    with database:  # a changed key takes its row along
                        stayed = database.execute(f"SELECT 1 FROM {table} WHERE rowid = ? AND {column} = ?", (rowid, after)).fetchone()
                        database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (before, rowid if stayed else after))
                    self.ok("decisions", "verify")

    def test_a_removed_record_and_a_cut_off_end_are_seen(self):
        for where in ("MIN", "MAX"):
            database = self.store()
            for table in self.tables(database):
                count = database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
                if count < 2:
                    continue
                columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
                row = database.execute(f"SELECT rowid, * FROM {table} WHERE rowid = (SELECT {where}(rowid) FROM {table})").fetchone()
                with database:
                    database.execute(f"DELETE FROM {table} WHERE rowid = ?", (row[0],))
                self.refused(f"{where} record of {table} removed")
                with database:
                    names = ", ".join(["rowid", *columns] if "rowid" not in columns else columns)
                    values = row if "rowid" not in columns else row[1:]
                    database.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})", values)
                self.ok("decisions", "verify")


if __name__ == "__main__":
    unittest.main()
