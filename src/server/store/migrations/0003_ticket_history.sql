-- What happened to a ticket is never changed and never removed, whatever a later version of this program does.
CREATE TRIGGER ticket_entry_is_kept BEFORE UPDATE ON ticket_entry
BEGIN
    SELECT RAISE(ABORT, 'the history of a ticket is never changed');
END;
CREATE TRIGGER ticket_entry_stays BEFORE DELETE ON ticket_entry
BEGIN
    SELECT RAISE(ABORT, 'the history of a ticket is never removed');
END;
